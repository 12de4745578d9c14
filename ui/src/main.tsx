import "@fontsource-variable/ibm-plex-sans/standard.css";
import "@fontsource/commit-mono/400.css";
import "@fontsource/commit-mono/600.css";
import "@fontsource/ibm-plex-sans-arabic/400.css";
import "./styles/main.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries";
import "./app/preferences";
import { router } from "./app/router";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
