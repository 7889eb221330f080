import { describe, expect, it } from 'vitest';
import { csv } from './csv';

describe('a table as CSV', () => {
  it('quotes what needs it and leaves gaps empty', () => {
    const text = csv(
      ['When', 'What'],
      [
        ['2026-11-25', 'Renewed, "generation 14"'],
        [null, 3.5],
      ],
    );
    expect(text).toBe('\uFEFFWhen,What\r\n2026-11-25,"Renewed, ""generation 14"""\r\n,3.5\r\n');
  });
  it('hands no formula to a spreadsheet', () => {
    expect(csv(['a'], [['=HYPERLINK("x")'], ['-1'], [-1]])).toContain("'=HYPERLINK");
    expect(csv(['a'], [['-1'], [-1]])).toBe("\uFEFFa\r\n'-1\r\n-1\r\n");
  });
});
