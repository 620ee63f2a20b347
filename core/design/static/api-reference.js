// Shows the OpenAPI document on /docs/api.
const place = document.getElementById("api-reference");
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
// The page has a title of its own: of what the viewer puts above the operations only the text is wanted.
const textAlone = () => ({
  wrapComponents: {
    InfoContainer: (_, { React, getComponent, specSelectors }) => () =>
      React.createElement(
        "div",
        { className: "info" },
        React.createElement(getComponent("Markdown", true), { source: specSelectors.info().get("description") }),
      ),
  },
});
SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  persistAuthorization: false,
  validatorUrl: null,
  plugins: [textAlone],
});
