import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const rawColour = "Colours come from styles/tokens.css by name: no hex value outside it.";
const untrusted = "Prompts and answers are untrusted: render them as text nodes.";

export default tseslint.config(
  { ignores: ["dist", "target", "src/api/schema.d.ts", "public"] },
  ...tseslint.configs.recommended,
  { plugins: { "react-hooks": hooks }, rules: { "react-hooks/rules-of-hooks": "error", "react-hooks/exhaustive-deps": "error" } },
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-restricted-syntax": [
        "error",
        { selector: "Literal[value=/^#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$/]", message: rawColour },
        { selector: "TemplateElement[value.raw=/#[0-9a-fA-F]{6}\\b/]", message: rawColour },
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: untrusted },
      ],
    },
  },
);
