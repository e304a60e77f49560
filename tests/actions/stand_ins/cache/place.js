// Where a key's copy is. The key ends in a hash of the folder's place, which on a runner never changes and in act
// always does: it is left out.
const path = require("path");
exports.from = process.env.INPUT_PATH;
exports.copy = path.join(process.env.STANDINS_STORE, "cache", process.env.INPUT_KEY.replace(/-[0-9a-f]{8}$/, ""));
