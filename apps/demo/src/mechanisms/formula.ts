// How results are written in formulas, where more than one mechanism writes them so.

/** Of one head, whose size is D: what softmax makes of the scaled scores. `head` marks it among several. */
export const weightsFormula = (headSize: number, head = ""): string =>
  `A${head}=softmax(Q${head}K${head}ᵀ/√${headSize})`;
