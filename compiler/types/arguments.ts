// Checks the arguments of a builtin function against its parameters.

import { describeSignature, type Param, paramAt, type Signature } from "../builtins/builtin.ts";
import type { ExprNode } from "../syntax/ast.ts";
import { describeType, labelOf } from "./describe.ts";
import { alternatives, asCode, blame, nullHelp, operandText, standIn } from "./problems.ts";
import { isAssignable, shapeFits } from "./relate.ts";
import { list, nonNull, type Type } from "./type.ts";
import { sourceOf, type TypeEnv } from "./type-env.ts";

/** Whether all arguments fit; what does not is reported. */
export function checkArguments(
  name: string,
  signature: Signature,
  args: readonly ExprNode[],
  types: readonly Type[],
  env: TypeEnv,
): boolean {
  let fit = true;
  for (const [i, node] of args.entries()) {
    const [param, type] = [paramAt(signature, i), types[i]];
    if (param === undefined || type === undefined) continue;
    fit = new ArgumentCheck(name, signature, param, node, env).fits(type) && fit;
  }
  return fit;
}

class ArgumentCheck {
  readonly #name: string;
  readonly #signature: Signature;
  readonly #param: Param;
  readonly #node: ExprNode;
  readonly #env: TypeEnv;

  constructor(name: string, signature: Signature, param: Param, node: ExprNode, env: TypeEnv) {
    this.#name = name;
    this.#signature = signature;
    this.#param = param;
    this.#node = node;
    this.#env = env;
  }

  fits(type: Type): boolean {
    const isReference = this.#node.kind === "reference";
    const wanted = this.#param.appliedTo !== null;
    if (isReference !== wanted)
      return type.kind === "any" && !isReference ? true : this.#reference(wanted);
    const { types } = this.#param;
    if (types.some((one) => isAssignable(type, one))) return true;
    if (types.some((one) => shapeFits(type, one)) || type.kind === "null")
      return this.#canBeNull(type);
    const elements = type.kind === "list" ? list(nonNull(type.element)) : null;
    if (elements !== null && types.some((one) => shapeFits(elements, one))) {
      return this.#elementsCanBeNull(type);
    }
    return this.#wrongType(type);
  }

  #reference(wanted: boolean): false {
    const text = sourceOf(this.#node, this.#env);
    const fix = wanted && text !== null ? { fix: { span: this.#node.span, text: `&${text}` } } : {};
    this.#env.report(
      "FPL0208",
      this.#node.span,
      wanted
        ? `\`${this.#name}\` takes an expression for every element here, written \`&…\``
        : `\`${this.#name}\` takes a value here, not an \`&…\``,
      { help: this.#usage(), ...fix },
    );
    return false;
  }

  #canBeNull(type: Type): false {
    const instead = [type, ...this.#param.types].map(standIn).find((one) => one !== null) ?? null;
    const text = operandText(this.#node, this.#env);
    const usable = instead !== null && text !== null && this.#node.kind !== "reference";
    const fix = usable ? `${text} ?? ${instead}` : null;
    const fixes = fix === null ? "leave null out before" : `give it a default: ${asCode(fix)}`;
    const has = this.#name === "contains" ? "; `x has y` is false where x is null" : "";
    const help = alternatives(nullHelp(this.#node, this.#env), fixes + has);
    const message =
      type.kind === "null"
        ? `\`${this.#name}\` needs a value, and this is always null`
        : `\`${this.#name}\` needs a value, and this can be null`;
    this.#env.report("FPL0207", this.#node.span, message, blame(this.#node, type, help, fix));
    return false;
  }

  #elementsCanBeNull(type: Type): false {
    const text = operandText(this.#node, this.#env);
    const fix = text === null ? null : `${text}[*]`;
    const help = `\`${fix ?? "list[*]"}\` leaves out what is null`;
    const message = `\`${this.#name}\` needs values, and elements of this list can be null`;
    this.#env.report("FPL0207", this.#node.span, message, blame(this.#node, type, help, fix));
    return false;
  }

  #wrongType(type: Type): false {
    const takes = this.#param.types.map(describeType).join(" or ");
    const message = `\`${this.#name}\` takes ${takes} as \`${this.#param.name}\`, not ${describeType(type)}`;
    const fix = this.#conversion(type);
    this.#env.report("FPL0208", this.#node.span, message, {
      label: labelOf(type),
      help: fix === null ? this.#usage() : `did you mean \`${fix}\`?`,
      ...(fix === null ? {} : { fix: { span: this.#node.span, text: fix } }),
    });
    return false;
  }

  /** A call that makes the right type of it. */
  #conversion(type: Type): string | null {
    const text = sourceOf(this.#node, this.#env);
    if (text === null || type.nullable || this.#node.kind === "reference") return null;
    const wanted = this.#param.types.map((one) => one.kind);
    if (wanted.includes("number") && type.kind === "number") return `floor(${text})`;
    if (wanted.includes("text") && (type.kind === "number" || type.kind === "bool")) {
      return `to_string(${text})`;
    }
    return null;
  }

  #usage(): string {
    return `\`${describeSignature(this.#name, this.#signature)}\``;
  }
}
