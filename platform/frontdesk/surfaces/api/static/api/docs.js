// Starts whichever of the two viewers the page has loaded.
const swagger = document.getElementById("swagger-ui");
if (swagger) {
  SwaggerUIBundle({ url: swagger.dataset.schema, domNode: swagger, deepLinking: true, presets: [SwaggerUIBundle.presets.apis] });
}
const redoc = document.getElementById("redoc");
if (redoc) {
  Redoc.init(redoc.dataset.schema, {}, redoc);
}
