import { Component, type ReactNode } from "react";
import { t } from "../i18n";
import { Notice } from "./Notice";

/** Keeps a failure in one region from taking the page with it. `resetKey` tries again when it changes. */
export class ErrorBoundary extends Component<{ children: ReactNode; resetKey?: string }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static getDerivedStateFromError(error: Error) { return { error }; }
  override componentDidUpdate(before: { resetKey?: string }) {
    if (this.state.error && before.resetKey !== this.props.resetKey) this.setState({ error: null });
  }
  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <div className="p-4">
        <Notice tone="error">
          <div className="b">{t("error.render.title")}</div>
          <div className="mono mt-1 break-words">{this.state.error.message}</div>
          <button type="button" className="btn sm mt-2" onClick={() => this.setState({ error: null })}>{t("common.tryAgain")}</button>
        </Notice>
      </div>
    );
  }
}
