package walk

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/story"
	"trapline/internal/x86"
)

// listing lists n instructions around the one that a vCPU is at: from the start
// of the function, as x86 code can only be read forwards, of the mode that is given.
func (w *Walk) listing(c *emu.CPU, mode insn.Mode, pc uint64, n int) []Line {
	start := pc
	if s, off, ok := w.names.Symbols.At(pc); ok && off < maxFunction {
		start = s.Addr
	}
	var starts []uint64
	here := 0
	for at := start; len(starts) < maxLines && len(starts) <= here+n; {
		size := w.lineSize(c, mode, at)
		if size == 0 {
			break
		}
		if at <= pc {
			here = len(starts)
		}
		if at < pc && pc < at+uint64(size) { // not an instruction boundary of this reading
			size = int(pc - at)
		}
		starts = append(starts, at)
		at += uint64(size)
	}
	from := max(0, min(here-n/3, len(starts)-n))
	starts = starts[from:min(len(starts), from+n)]
	_, elsewhere := w.world.original(c.ID)
	all := make([]Line, len(starts))
	for i, at := range starts {
		all[i], _ = w.line(c, mode, at)
		all[i].Here = at == pc && !elsewhere
	}
	return all
}

const (
	maxFunction = 4096 // bytes that are read from a function's start
	maxLines    = 4096
)

// codeAt are the bytes at an address as far as an instruction may reach; none where
// there are none, or padding behind the code.
func (w *Walk) codeAt(c *emu.CPU, at uint64) []byte {
	buf := make([]byte, insn.MaxLen)
	buf = buf[:w.Run.Peek(c.ID, at, buf)]
	if at != c.LinearPC() && bytes.Count(buf, []byte{0}) == len(buf) {
		return nil
	}
	return buf
}

// lineSize is how long the line of an address is; 0: there is none.
func (w *Walk) lineSize(c *emu.CPU, mode insn.Mode, at uint64) int {
	buf := w.codeAt(c, at)
	if len(buf) == 0 {
		return 0
	}
	if _, original, ok := w.names.Image.Breakpoint(at); ok && buf[0] == x86.Int3 {
		return min(len(original), len(buf))
	}
	return instructionLen(buf, mode)
}

// line is the instruction at an address, and how long it is; 0: there is none.
func (w *Walk) line(c *emu.CPU, mode insn.Mode, at uint64) (Line, int) {
	buf, n := w.codeAt(c, at), w.lineSize(c, mode, at)
	if n == 0 {
		return Line{}, 0
	}
	l := Line{Addr: at, At: w.Place(at)}
	if s, off, ok := w.names.Symbols.At(at); ok && off == 0 {
		l.Label = s.Name
	}
	if name, original, ok := w.names.Image.Breakpoint(at); ok {
		l.Probe = name
		if buf[0] == x86.Int3 {
			l.Patched = true
			l.Original, l.OrigText = fmt.Sprintf("% x", original), w.names.Disassemble(mode, original, at)
		}
	}
	l.Bytes = fmt.Sprintf("% x", buf[:n])
	l.Text = w.disassemble(mode, buf, at)
	l.Micro = w.micros[at]
	if i, ok := w.lines.LineAt(at); ok && i <= len(w.source) {
		l.Source = w.source[i-1]
	} else if s, ok := w.kernelLine(at); ok {
		l.Source = s
	} else {
		l.FileLine = w.names.Image.FileLine(at)
		l.Source = l.FileLine
	}
	for _, o := range w.Run.Machine.CPUs {
		if o.LinearPC() == at && o.Space == c.Space {
			l.CPUs = append(l.CPUs, o.ID)
		}
	}
	return l, n
}

// stack lists n words from the top of the stack.
func (w *Walk) stack(cpu, n int, ev *emu.Event) []Word {
	c := w.Run.Machine.CPUs[cpu]
	a := w.arch(c)
	word := uint64(a.Word())
	sp := c.LinearSP()
	var l []Word
	for i := range uint64(n) {
		at := sp + i*word
		v, ok := w.word(c, at)
		if !ok {
			break
		}
		x := Word{Addr: hex(a, at), Value: hex(a, v), Means: w.means(v), Top: i == 0}
		if f, vec, ok := w.trail.frameWord(cpu, at); ok {
			x.Field, x.Trap = f, story.VectorName(vec)
			if f == "eflags" {
				x.Means = x86.FormatFlags(v)
			}
		}
		if f, ok := w.trail.signalWord(at); ok {
			x.Field, x.Signal = f, true
			if f == "eflags" {
				x.Means = x86.FormatFlags(v)
			}
		}
		x.Changed = wrote(ev, at, word)
		l = append(l, x)
	}
	return l
}

func wrote(ev *emu.Event, at, n uint64) bool {
	if ev == nil {
		return false
	}
	for i := range ev.Writes {
		if x := &ev.Writes[i]; x.Addr < at+n && at < x.Addr+uint64(x.Size) {
			return true
		}
	}
	return false
}

// memory shows where the user looks, else the code of the probes and what the
// last step wrote.
func (w *Walk) memory(cpu int, at uint64, ev *emu.Event) []Row {
	c := w.Run.Machine.CPUs[cpu]
	if at != 0 {
		var l []Row
		for i := range uint64(memoryRows) {
			l = w.row(l, c, "", at+16*i, ev)
		}
		return l
	}
	var l []Row
	for _, p := range w.Run.ProbeEnds() {
		if len(l) < memoryRows/2 && p.State != "refused" {
			l = w.row(l, c, "probe "+p.Name, p.Addr, ev)
		}
	}
	l = w.world.memory(l, c, ev)
	if ev != nil {
		last := ^uint64(0)
		for i := range ev.Writes {
			if a := ev.Writes[i].Addr &^ 15; a != last && len(l) < memoryRows {
				l = w.row(l, c, "written: "+w.Place(ev.Writes[i].Addr), a, ev)
				last = a
			}
		}
	}
	return l
}

const memoryRows = 16

func (w *Walk) row(l []Row, c *emu.CPU, title string, at uint64, ev *emu.Event) []Row {
	buf := make([]byte, 16)
	buf = buf[:w.Run.Peek(c.ID, at, buf)]
	if len(buf) == 0 {
		return l
	}
	r := Row{Title: title, Addr: hex(w.arch(c), at), Bytes: buf, Changed: make([]bool, len(buf))}
	for i := range buf {
		r.Changed[i] = wrote(ev, at+uint64(i), 1)
	}
	return append(l, r)
}

// word reads a word of the code that a vCPU runs, little endian, without leaving a trace in the
// step's event as the machine's own reads do.
func (w *Walk) word(c *emu.CPU, at uint64) (uint64, bool) {
	return w.wordOf(c, at, w.arch(c).Word())
}

func (w *Walk) wordOf(c *emu.CPU, at uint64, n int) (uint64, bool) {
	var b [8]byte
	if w.Run.Peek(c.ID, at, b[:n]) < n {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b[:]), true
}

// kernelLine is the line of C that kernel text at an address begins.
func (w *Walk) kernelLine(at uint64) (string, bool) {
	l, ok := w.names.Image.LineAt(at)
	return fmt.Sprintf("%s:%d  %s", l.Func, l.Line, l.Code), ok
}
