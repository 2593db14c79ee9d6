// Loads modules that are written for Node: each is a function of `require`, `exports` and `module`.
function loadModules(modules, first) {
  const loaded = {};
  function load(name) {
    if (!(name in loaded)) {
      const module = (loaded[name] = { exports: {} });
      const folder = name.split("/").slice(0, -1);
      const require = (path) => {
        const parts = [...folder];
        for (const part of path.split("/")) {
          if (part === "..") parts.pop();
          else if (part !== ".") parts.push(part);
        }
        return load(parts.join("/"));
      };
      modules[name](require, module.exports, module);
    }
    return loaded[name].exports;
  }
  return load(first);
}
