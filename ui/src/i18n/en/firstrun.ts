/** Texts of the page that connects the first application. */
export const firstrun = {
  "firstrun.title": "Connect your application",
} as const;
