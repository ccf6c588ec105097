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
})();
