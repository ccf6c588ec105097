// Sets theme and language before the first paint, so that nobody sees the wrong one flash by.
(function () {
  var root = document.documentElement;
  var kept = function (storage, key) {
    try {
      return window[storage].getItem(key);
    } catch {
      return null;
    }
  };
  var theme = kept("localStorage", "trainnet.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  var language = kept("localStorage", "trainnet.language");
  if (language !== "en" && language !== "ru") {
    var wanted = (navigator.languages || [navigator.language]).map(function (tag) {
      return String(tag).slice(0, 2).toLowerCase();
    });
    language = wanted.find(function (tag) {
      return tag === "en" || tag === "ru";
    });
  }
  root.lang = language || "en";

  // What the page at this address is going to need, before the app has started. The build puts in
  // what that is.
  var first = __FIRST__;
  var page = first.pages[location.pathname] || first.door;
  var signedIn = /(^|; )(__Host-)?trainnet_csrf=/.test(document.cookie);
  // The frame that stands in the page until the app does: that of strangers, or that behind the door.
  root.dataset.frame = page.behind && signedIn ? "door" : "public";

  first.always[root.lang].concat(page.files[root.lang]).forEach(function (file) {
    var link = document.createElement("link");
    if (file.endsWith(".woff2")) {
      link.rel = "preload";
      link.as = "font";
      link.crossOrigin = "";
    } else {
      link.rel = "modulepreload";
      // The frame is painted first.
      link.fetchPriority = "low";
    }
    link.href = file;
    document.head.appendChild(link);
  });

  // `src/api/early.ts` hands the answers on.
  var asked = {};
  var headers = {};
  var position = kept("sessionStorage", "trainnet.position");
  if (position) headers["Trainnet-Position"] = position;
  (signedIn ? ["/v1/me"] : []).concat(signedIn || !page.behind ? page.asks : []).forEach(function (path) {
    asked[path] = fetch(path, { headers: headers });
    // Whoever asks for it learns what went wrong.
    asked[path].catch(function () {});
  });
  window.trainnetAsked = asked;
})();
