// Our own styles work on the same browsers; what only adds a nicety there is named, with its reason.
export default {
  plugins: ["stylelint-no-unsupported-browser-features"],
  rules: {
    "plugin/no-unsupported-browser-features": [
      true,
      {
        severity: "error",
        ignorePartialSupport: true,
        ignore: [
          "css-paged-media", // the margins of a printed page: Safari prints with its own
        ],
      },
    ],
  },
};
