/* Names for the parts of the theme that have none, so that a screen reader can announce them. */
(function () {
  "use strict";
  const label = (selector, name) =>
    document.querySelectorAll(selector).forEach((element) => {
      if (!element.hasAttribute("aria-label")) element.setAttribute("aria-label", name);
    });

  const name = () => {
    label('[data-md-component="search"][role="dialog"]', "Search");
    label(".task-list-item input", "Done");
    document.querySelectorAll(".md-path").forEach((path) => path.setAttribute("aria-label", "Breadcrumbs"));
    // One copy button is no landmark: a long page would have dozens of them.
    document.querySelectorAll(".md-code__nav").forEach((nav) => nav.setAttribute("role", "presentation"));
    label(".md-typeset__scrollwrap", "Table");
    document.querySelectorAll(".md-typeset__scrollwrap").forEach((wrap) => {
      if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0;
    });
  };

  name();
  new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
})();
