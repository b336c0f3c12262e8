// The version in package.json, for `--version` and `doctor`.

import packageJson from "../package.json" with { type: "json" };

export const VERSION: string = packageJson.version;
