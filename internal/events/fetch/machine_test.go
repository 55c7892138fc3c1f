package fetch_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/x86"
)

const page = 4096

// machine is a target with user and kernel memory by pages.
type machine struct {
	regs         [events.NumRegs]uint64
	user, kernel map[uint64]*[page]byte
	comm         string
}

func newMachine() *machine {
	return &machine{user: map[uint64]*[page]byte{}, kernel: map[uint64]*[page]byte{}, comm: "task"}
}

func (m *machine) Register(r events.Reg) uint64 { return m.regs[r] }
func (m *machine) Comm() string                 { return m.comm }

func (m *machine) ReadUser(addr uint64, p []byte) int   { return read(m.user, addr, p) }
func (m *machine) ReadKernel(addr uint64, p []byte) int { return read(m.kernel, addr, p) }

func read(mem map[uint64]*[page]byte, addr uint64, p []byte) int {
	for n := 0; n < len(p); {
		at := addr + uint64(n)
		pg, ok := mem[at/page]
		if !ok {
			return n
		}
		n += copy(p[n:], pg[at%page:])
	}
	return len(p)
}

// put writes bytes, mapping the pages they fall on.
func put(mem map[uint64]*[page]byte, addr uint64, b []byte) {
	for i, c := range b {
		at := addr + uint64(i)
		if mem[at/page] == nil {
			mem[at/page] = new([page]byte)
		}
		mem[at/page][at%page] = c
	}
}

func putWords(mem map[uint64]*[page]byte, addr uint64, words ...uint64) {
	for i, w := range words {
		put(mem, addr+8*uint64(i), binary.LittleEndian.AppendUint64(nil, w))
	}
}

// Symbols of the machine's kernel: two functions and a trampoline.
func (m *machine) Count(string) int { return 1 }

func (m *machine) Address(name string) (uint64, bool) {
	switch name {
	case "func":
		return 0xffffffff81000000, true
	case "data":
		return 0xffffffff81001000, true
	}
	return 0, false
}

func (m *machine) Lookup(addr uint64) (events.Symbol, bool) {
	switch addr &^ 0xfff {
	case 0xffffffff81000000:
		return events.Symbol{Name: "func", Addr: 0xffffffff81000000, Size: 0x1000}, true
	case 0xffffffff81002000:
		return events.Symbol{Name: "mfunc", Addr: 0xffffffff81002000, Size: 0x1000, Module: "mod"}, true
	}
	return events.Symbol{}, false
}

func (m *machine) Stat(string) (events.File, events.Errno) {
	return events.File{ID: 1, Regular: true}, 0
}

// compile parses a line with the machine's symbols and compiles it.
func compile(t testing.TB, m *machine, kind events.Kind, arch x86.Arch, line string) *fetch.Program {
	d, err := events.Parse(kind, line, events.Options{Arch: arch, Symbols: m, Files: m})
	require.NoError(t, err)
	require.Zero(t, d.ResolveSymbols(m))
	return fetch.Compile(d)
}

// text fetches once and prints what stands behind the place.
func text(t testing.TB, m *machine, p *fetch.Program) string {
	rec, ok := fetch.NewFetcher(p, m).Fetch(m, fetch.Hit{Addr: 0xffffffff81000000, Return: 0xffffffff81000010})
	require.True(t, ok)
	var l fetch.Line
	rec.AppendText(&l, fetch.Names{Symbols: m})
	return string(l.Text)
}

// args is what a kernel probe at func prints for the arguments.
func args(t testing.TB, m *machine, line string) string {
	return text(t, m, compile(t, m, events.Kprobe, x86.AMD64, "p:e func "+line))[len("e: (func+0x0/0x1000) "):]
}

// uargs is args for a uprobe.
func uargs(t testing.TB, m *machine, line string) string {
	return text(t, m, compile(t, m, events.Uprobe, x86.AMD64, "p:e /f:0 "+line))[len("e: (0xffffffff81000000) "):]
}
