package litmus

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// code is the table of instructions: a column a thread, rows end in ";".
func (p *parser) code() error {
	p.skip()
	head := p.at
	names, _, err := p.row()
	if err != nil {
		return err
	}
	for i, n := range names {
		if strings.TrimSpace(n) != "P"+strconv.Itoa(i) {
			return p.errorAt(head, fmt.Sprintf("P%d", i), "column %q", strings.TrimSpace(n))
		}
	}
	if len(names) > MaxThreads {
		return p.errorAt(head, fmt.Sprintf("at most %d", MaxThreads), "%d threads", len(names))
	}
	p.test.Threads = make([][]Instruction, len(names))
	for {
		p.skip()
		rest := p.text[p.at:]
		if end := p.codeEnds(rest); end {
			return p.checkThreads()
		}
		cells, starts, err := p.row()
		if err != nil {
			return err
		}
		if len(cells) > len(names) {
			return p.errorAt(starts[len(names)], fmt.Sprintf("%d columns", len(names)), "a row of %d", len(cells))
		}
		for i, c := range cells {
			if err := p.cell(i, c, starts[i]); err != nil {
				return err
			}
		}
	}
}

// codeEnds: behind the table come the locations or the condition.
func (p *parser) codeEnds(rest string) bool {
	for _, w := range []string{"locations", "exists", "forall", "~", "filter"} {
		if len(rest) >= len(w) && strings.EqualFold(rest[:len(w)], w) {
			return true
		}
	}
	return rest == ""
}

func (p *parser) checkThreads() error {
	for _, thread := range p.test.Threads {
		if err := p.checkLabels(thread); err != nil {
			return err
		}
	}
	if n := len(p.test.Registers); n > len(p.test.Threads) {
		return p.errorAt(p.at, fmt.Sprintf("threads below %d", len(p.test.Threads)), "a register of thread %d", n-1)
	}
	for len(p.test.Registers) < len(p.test.Threads) {
		p.test.Registers = append(p.test.Registers, nil)
	}
	return nil
}

// checkLabels: each is defined once, and jumps go to those of their thread.
func (p *parser) checkLabels(thread []Instruction) error {
	labels := map[string]bool{}
	for _, in := range thread {
		if in.Label != "" && labels[in.Label] {
			return p.errorAt(in.at, "another name", "label %q a second time in its thread", in.Label)
		}
		labels[in.Label] = true
	}
	for _, in := range thread {
		if in.Target != "" && !labels[in.Target] {
			return p.errorAt(in.at, "a label of the same thread", "a jump to %q", in.Target)
		}
	}
	return nil
}

// row splits a row into its cells and tells where each begins.
func (p *parser) row() (cells []string, starts []int, err error) {
	start := p.at
	end := strings.IndexByte(p.text[start:], ';')
	if end < 0 {
		return nil, nil, p.errorAt(start, "a row that ends in ;", "%s", quoteNext(p.text[start:]))
	}
	text := p.text[start : start+end]
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return nil, nil, p.errorAt(start+i, ";", "a row does not end on its line")
	}
	p.at = start + end + 1
	for _, c := range strings.Split(text, "|") {
		cells, starts = append(cells, c), append(starts, start)
		start += len(c) + 1
	}
	return cells, starts, nil
}

// cell adds an instruction, if there is one, to a thread.
func (p *parser) cell(thread int, text string, at int) error {
	trimmed := strings.TrimLeftFunc(text, unicode.IsSpace)
	at += len(text) - len(trimmed)
	if trimmed = strings.TrimSpace(trimmed); trimmed == "" {
		return nil
	}
	list := p.test.Threads[thread]
	if len(list) == MaxLines {
		return p.errorAt(at, fmt.Sprintf("at most %d", MaxLines), "too many instructions of thread %d", thread)
	}
	in, err := p.instruction(trimmed, at)
	p.test.Threads[thread] = append(list, in)
	return err
}
