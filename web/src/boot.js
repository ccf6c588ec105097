// Sets theme and language before the first paint, so that nobody sees the wrong one flash by.
(function () {
  var root = document.documentElement;
  var stored = function (key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  var theme = stored("trainnet.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  var language = stored("trainnet.language");
  if (language !== "en" && language !== "ru") {
    var wanted = (navigator.languages || [navigator.language]).map(function (tag) {
      return String(tag).slice(0, 2).toLowerCase();
    });
    language = wanted.find(function (tag) {
      return tag === "en" || tag === "ru";
    });
  }
  root.lang = language || "en";

  // What the page at this address is going to ask for, before the app has started. The build puts
  // in which files those are.
  var first = __FIRST__;
  var files = first.always[root.lang].concat((first.pages[location.pathname] || first.door)[root.lang]);
  files.forEach(function (file) {
    var link = document.createElement("link");
    if (file.endsWith(".woff2")) {
      link.rel = "preload";
      link.as = "font";
      link.crossOrigin = "";
    } else {
      link.rel = "modulepreload";
    }
    link.href = file;
    document.head.appendChild(link);
  });
})();
