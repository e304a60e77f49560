const fs = require("fs");
const place = require("./place.js");
if (!fs.existsSync(place.copy) && fs.existsSync(place.from)) {
  const half = `${place.copy}.${process.pid}`;
  fs.cpSync(place.from, half, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  try { fs.renameSync(half, place.copy); } catch { fs.rmSync(half, { recursive: true }); }
}
