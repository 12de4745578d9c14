import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

declare const process: { env: Record<string, string | undefined> };

export default defineConfig({
  plugins: [react(), tailwind()],
  // No data: URLs for fonts and no inlined scripts: the server's Content-Security-Policy allows files from itself only.
  build: { outDir: "dist", assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 900 },
  // e2e/ holds browser tests, which node runs.
  test: { include: ["src/**/*.test.{ts,tsx}"] },
  server: { proxy: { "/api": process.env.TRACEWELL_URL ?? "http://127.0.0.1:8080" } },
});
