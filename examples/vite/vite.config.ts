import { defineConfig } from "vite";

export default defineConfig({
  build: { outDir: "dist/web" },
  // While `npm run dev` serves the page, `npm start` answers what it asks for.
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
