// The type of a field of a value, and what is said when there is no such field.

import { didYouMean, nearest } from "../diagnostics/suggest.ts";
import type { Span } from "../syntax/ast.ts";
import { aNoun, describeObjects, labelOf } from "./describe.ts";
import { isUnknown, joinAll, membersOf } from "./relate.ts";
import {
  ANY,
  DURATION,
  isWindow,
  NULL_TYPE,
  nullable,
  nullableIf,
  type ObjectType,
  type Type,
} from "./type.ts";
import type { FieldName, TypeEnv } from "./type-env.ts";

/** The type of `field` of a value of type `of`; null where that is null. */
export function fieldType(of: Type, field: FieldName, env: TypeEnv): Type {
  if (of.kind === "any") return ANY;
  if (isUnknown(of)) return NULL_TYPE;
  const members = membersOf(of);
  if (members.length === 0) return noFields(of, field, env);
  if (field.name === "duration" && !field.quoted && members.every(isWindow)) {
    env.durations.add(field);
    return nullableIf(of.nullable, DURATION);
  }
  const found = members.flatMap((member) => memberField(member, field) ?? []);
  if (found.length === 0) return unknownField(members, field, env);
  const missing = found.length < members.length;
  return nullableIf(of.nullable || missing, joinAll(found));
}

/** Null when there is no such field. A quoted name may be one that the lexicon does not know. */
function memberField(type: ObjectType, { name, quoted }: FieldName): Type | null {
  const known = type.fields.get(name);
  if (known !== undefined) return known;
  if (type.rest === null) return null;
  return type.name === null || quoted ? nullable(type.rest) : null;
}

function noFields(of: Type, field: FieldName, env: TypeEnv): Type {
  const each = of.kind === "list" ? `for that of every element write \`[*].${field.name}\`` : null;
  const message = `${aNoun(of)} has no fields: \`${field.name}\` would always be null`;
  const help = each === null ? {} : { help: each };
  env.report("FPL0211", nameSpan(field), message, { label: `of ${labelOf(of)}`, ...help });
  return ANY;
}

function unknownField(members: readonly ObjectType[], field: FieldName, env: TypeEnv): Type {
  if (env.aggregate !== null) return ANY;
  const span = nameSpan(field);
  const names = [...new Set(members.flatMap((one) => [...one.fields.keys()]))];
  const shown = names.filter((name) => !name.startsWith("$"));
  const meant = nearest(field.name, names);
  const written = field.quoted ? JSON.stringify(field.name) : field.name;
  const lexicons = members.filter((one) => one.rest !== null && one.name !== null);
  const of = lexicons.length === 0 ? "" : ` of ${describeObjects(lexicons)}`;
  const list = shown.map((one) => `\`${one}\``).join(", ");
  const known = shown.length === 0 ? "there are no fields here" : `the fields here are ${list}`;
  const quoted = `; in quotes, \`${JSON.stringify(field.name)}\` reads a field the lexicon does not know`;
  env.report("FPL0205", span, `unknown field \`${written}\`${of}${didYouMean(field.name, names)}`, {
    ...(meant === null ? {} : { fix: { span, text: meant } }),
    help: lexicons.length === 0 ? known : `${known}${quoted}`,
  });
  return ANY;
}

/** The name alone: a step of a path spans its dot too. */
function nameSpan({ name, quoted, span }: FieldName): Span {
  return quoted ? span : { start: span.end - name.length, end: span.end };
}
