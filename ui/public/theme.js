// Runs before the first paint, so that a dark page never flashes white. The application keeps these attributes up to date later.
(function () {
  var root = document.documentElement.dataset;
  var theme = null, density = null;
  try { theme = localStorage.getItem("tracewell.theme"); density = localStorage.getItem("tracewell.density"); } catch (e) { /* storage is switched off: defaults */ }
  var dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.theme = dark ? "dark" : "light";
  if (density === "compact" || density === "relaxed") root.density = density;
})();
