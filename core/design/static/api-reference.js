// Shows the OpenAPI document on /docs/api.
const place = document.getElementById("api-reference");
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
// The page has a title, a <main> and one server already. The viewer's own layout would repeat them.
const insidePage = ({ React }) => ({
  components: {
    InsidePage: ({ getComponent, specSelectors }) => {
      const draw = (name, props) => React.createElement(getComponent(name, true), props);
      const box = (className, ...inside) => React.createElement("div", { className }, ...inside);
      const loaded = specSelectors.loadingStatus() === "success";
      const drawn = () => [
        box("info", draw("Markdown", { source: specSelectors.info().get("description") })),
        box("scheme-container", box("schemes wrapper", draw("AuthorizeBtnContainer"))),
        box("wrapper", React.createElement("h2", null, "Operations"), draw("operations")),
        box("wrapper webhooks-container", draw("Webhooks")),
      ];
      return box("swagger-ui", draw("SvgAssets"), draw("errors"), ...(loaded ? drawn() : [box("loading")]));
    },
  },
  // A link within the button that opens an operation is none to a keyboard: the button sets the address, too.
  wrapComponents: { DeepLink: () => ({ text }) => React.createElement("span", null, text) },
});
// What the viewer leaves out for keyboards and screen readers.
const mend = () => {
  for (const text of place.querySelectorAll("pre:not([tabindex])")) text.tabIndex = 0;
  for (const table of place.querySelectorAll("table[role=region]")) table.removeAttribute("role");
  const titles = place.querySelectorAll(".webhooks-container h4:not([aria-level])");
  for (const title of titles) title.setAttribute("aria-level", "3");
};
new MutationObserver(mend).observe(place, { childList: true, subtree: true });
SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  persistAuthorization: false,
  validatorUrl: null,
  syntaxHighlight: { theme: "nord" },
  layout: "InsidePage",
  plugins: [insidePage],
});
