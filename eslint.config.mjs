// Our own scripts run on Chrome 100, Safari 15.4 and Firefox 102 (package.json, browserslist).
import compat from "eslint-plugin-compat";

export default [
  {
    ...compat.configs["flat/recommended"],
    files: ["web/static/*.js"],
    languageOptions: { ecmaVersion: 2021, sourceType: "module" },
    // Asked for before it is used: the page does without where it is not there.
    settings: { polyfills: ["BarcodeDetector", "navigator.vibrate"] },
    linterOptions: { reportUnusedDisableDirectives: "error" },
  },
];
