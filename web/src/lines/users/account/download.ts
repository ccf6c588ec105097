// Hands a text over as a file.

export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Browsers begin to read it at once; what is kept longer is only memory.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
