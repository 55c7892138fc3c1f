package scenario

import (
	"fmt"
	"strings"

	"trapline/internal/emu/insn"
	"trapline/internal/scenario/world"
	"trapline/internal/x86"
)

// Mode is of what mode the code is that a vCPU runs: its code segment's, which need not be
// the machine's.
func (r *Run) Mode(cpu int) insn.Mode { return r.world.Mode(cpu) }

// regsText shows a vCPU's registers, four to a line, flags by name.
func (r *Run) regsText(cpu int) string {
	c := r.Machine.CPUs[cpu]
	a := r.Mode(cpu).Arch()
	var b strings.Builder
	for i := range a.Regs() {
		fmt.Fprintf(&b, "%-3s %0*x", x86.Reg(i).Name(a), a.AddrDigits(), a.Mask(c.GPR[i]))
		if i%4 == 3 {
			b.WriteByte('\n')
		} else {
			b.WriteString("  ")
		}
	}
	fmt.Fprintf(&b, "ip  %s  ring %d  flags %s", r.names.Addr(c.RIP), c.CPL, x86.FormatFlags(c.RFLAGS))
	return b.String()
}

// wordsText shows n words of memory, of the width of the code that a vCPU runs, one to a line, with names.
func (r *Run) wordsText(cpu int, at uint64, n int) string {
	word := r.Mode(cpu).Arch().Word()
	env := world.Shows(r.world, cpu)
	var b strings.Builder
	for i := range n {
		addr := at + uint64(i*word)
		v, err := env.Memory(addr, word)
		if err != nil {
			fmt.Fprintf(&b, "%#x  (no memory)\n", addr)
			break
		}
		fmt.Fprintf(&b, "%#x  %0*x", addr, 2*word, v)
		if name := r.names.Addr(v); !strings.HasPrefix(name, "0x") {
			b.WriteString("  " + name)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// dumpText shows n bytes of memory, 16 to a line.
func (r *Run) dumpText(cpu int, at uint64, n int) string {
	buf := make([]byte, n)
	got := r.world.Peek(r.Machine.Look(), cpu, at, buf)
	var b strings.Builder
	for i := 0; i < got; i += 16 {
		row := buf[i:min(i+16, got)]
		text := strings.Map(func(c rune) rune {
			if c < ' ' || c > '~' {
				return '.'
			}
			return c
		}, string(widen(row)))
		fmt.Fprintf(&b, "%-20s %-47s  %s\n", r.names.Addr(at+uint64(i)), fmt.Sprintf("% x", row), text)
	}
	if got < n {
		fmt.Fprintf(&b, "%-20s (no memory)\n", r.names.Addr(at+uint64(got)))
	}
	return b.String()
}

// widen widens bytes to runes, so that each shows as one character.
func widen(row []byte) []rune {
	out := make([]rune, len(row))
	for i, c := range row {
		out[i] = rune(c)
	}
	return out
}

// codeText disassembles n instructions as they are in memory, breakpoints
// included, with the original beside a breakpoint.
func (r *Run) codeText(cpu int, at uint64, n int) string {
	var b strings.Builder
	mode := r.Mode(cpu)
	for range n {
		code := make([]byte, insn.MaxLen)
		code = code[:r.world.Peek(r.Machine.Look(), cpu, at, code)]
		if len(code) == 0 {
			fmt.Fprintf(&b, "%-20s (no memory)\n", r.names.Addr(at))
			break
		}
		length := min(world.InstructionLen(code, mode), len(code))
		fmt.Fprintf(&b, "%-20s %-21s %s", r.names.Addr(at), fmt.Sprintf("% x", code[:length]), r.names.Disassemble(mode, code[:length], at))
		if name, original, ok := r.world.Breakpoint(at); ok && code[0] == x86.Int3 {
			fmt.Fprintf(&b, "   probe %q; originally % x  %s", name, original, r.names.Disassemble(mode, original, at))
			length = len(original)
		}
		b.WriteByte('\n')
		at += uint64(length)
	}
	return b.String()
}

// ProbeEnd is what happened to one probe.
type ProbeEnd = world.ProbeEnd

// ProbeEnds lists the probes with their state and counts.
func (r *Run) ProbeEnds() []ProbeEnd { return r.world.Ends() }

// Missed is how many executions of probed instructions had no hit.
func (r *Run) Missed() uint64 { return r.world.Missed() }

// ProbeLines is ProbeEnds for people.
func (r *Run) ProbeLines() []string {
	var lines []string
	for _, p := range r.ProbeEnds() {
		lines = append(lines, r.world.ProbeLine(p))
	}
	return lines
}
