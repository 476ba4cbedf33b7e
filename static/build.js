// Builds static/dist: scripts by esbuild, fonts and pictures copied beside them.
// The styles follow by the Tailwind CLI (package.json), the basemap by static/generate.py.
import { copyFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const src = new URL("src/", import.meta.url).pathname;
const dist = new URL("dist/", import.meta.url).pathname;
const modules = new URL("../node_modules/", import.meta.url).pathname;

const fonts = [
  ...["latin", "latin-ext", "cyrillic", "greek", "vietnamese"].map(
    (part) => `@fontsource-variable/inter/files/inter-${part}-wght-normal.woff2`,
  ),
  "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
];

async function copyInto(folder, files) {
  await mkdir(dist + folder, { recursive: true });
  await Promise.all(files.map((file) => copyFile(file, `${dist}${folder}/${file.split("/").pop()}`)));
}

await rm(dist + "chunks", { recursive: true, force: true });
await copyInto("fonts", fonts.map((file) => modules + file));
const pictures = new URL("img/", import.meta.url).pathname;
await copyInto("img", (await readdir(pictures)).map((name) => pictures + name));

const common = {
  absWorkingDir: new URL("..", import.meta.url).pathname,
  bundle: true,
  minify: true,
  sourcemap: true,
  metafile: true,
  target: "es2022",
  legalComments: "linked",
  logLevel: "warning",
  outdir: dist,
};
const entries = ["base", "map", "upload", "editor"].map((name) => `${src}${name}.js`);
const { metafile } = await build({
  ...common,
  entryPoints: entries,
  format: "esm",
  splitting: true,
  entryNames: "[name]",
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "chunks/[name]-[hash]",
  loader: { ".png": "dataurl", ".svg": "dataurl" },
});
// theme.js runs before the first paint, so it is a classic script in the head.
await build({ ...common, entryPoints: [`${src}theme.js`], format: "iife" });
await writeFile(dist + "meta.json", JSON.stringify(metafile));
