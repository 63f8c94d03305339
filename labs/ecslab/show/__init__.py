"""Pictures for notebooks, each with a text twin.

    from ecslab.show import rollout, timeline

    cloud.view()  # what there is now: clusters, services, tasks by Availability Zone
    timeline(cloud, task_arn)  # a task's states over time; several ARNs, ids or lists are fine
    timeline(cloud)  # the newest 12 tasks
    cloud.path("internet", url)  # the way of a request, hop by hop, with the call that shows each
    rollout(cloud, "web")  # tasks of each revision over time, with the limits and the events
    cloud.explain(arn)  # the chain of causes behind a state, each with the call that shows it

In a lesson or a lab `cloud` is `lesson.cloud` or `lab.cloud`. Write the call as the last line of a
cell, and Jupyter and the site show the picture; `print(timeline(cloud, arn))` shows its text, which
is also in the fold under every picture. The result is a plain value that stays as it is when time
goes on, so that two moments can be compared:

    before = cloud.view()
    cloud.advance(minutes=1)
    cloud.view().clusters[0].running - before.clusters[0].running

    [(span.state, span.lasted) for span in timeline(cloud, arn).tasks[0].spans]

Looking changes nothing, and the same seed gives the same bytes.
"""

from __future__ import annotations

from ecslab.cloud.drawn import draw_with
from ecslab.cloud.explain import Explanation
from ecslab.cloud.route import Route
from ecslab.cloud.view import View
from ecslab.show import explanation_picture, route_picture, view_picture
from ecslab.show.rollout import Rollout, rollout
from ecslab.show.timeline import Timeline, timeline

__all__ = ["Rollout", "Timeline", "rollout", "timeline"]

draw_with(View, view_picture.html)
draw_with(Explanation, explanation_picture.html)
draw_with(Route, route_picture.html)
