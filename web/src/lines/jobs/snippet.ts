// How a downloaded model is asked, in the words of its own `predict.py`.

const USES: Record<string, readonly string[]> = {
  tabular: [
    "pip install numpy",
    `python predict.py '{"column": "value"}'`,
    "python predict.py rows.csv",
  ],
  distilbert: [
    "pip install torch transformers safetensors",
    'python predict.py "a text"',
    "python predict.py --file texts.txt",
  ],
  mobilenet_v2: ["pip install torch torchvision safetensors", "python predict.py picture.png"],
};

export const snippetOf = (model: string): string =>
  ["unzip model.zip -d model && cd model", ...(USES[model] ?? ["python predict.py"])].join("\n");
