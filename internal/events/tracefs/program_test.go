package tracefs_test

import (
	"debug/elf"
	"encoding/binary"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// program is one of the recorded fetch targets (testdata/src/fa64.S, fa32.S)
// as it stands when its functions are called: its image, its stack, and the
// registers that the source loads.
type program struct {
	path  string
	arch  x86.Arch // of the kernel
	base  uint64   // address of file offset 0
	size  uint64   // bytes of the file
	pages map[uint64][]byte
	funcs map[uint64]function // by file offset
}

// function is the state on entry, and on return.
type function struct{ entry, ret map[events.Reg]uint64 }

const page = 4096

func (p *program) write(addr uint64, b []byte) {
	for i, c := range b {
		p.pages[(addr+uint64(i))/page][(addr+uint64(i))%page] = c
	}
}

// image maps the program's segments, whole pages.
func (p *program) image(t *testing.T, file string) map[string]uint64 {
	f, err := elf.Open(file)
	require.NoError(t, err)
	defer f.Close()
	p.pages = map[uint64][]byte{}
	for _, s := range f.Progs {
		if s.Type != elf.PT_LOAD {
			continue
		}
		for n := s.Vaddr / page; n <= (s.Vaddr+s.Memsz-1)/page; n++ {
			p.pages[n] = make([]byte, page)
		}
		data := make([]byte, s.Filesz)
		_, err := s.ReadAt(data, 0)
		require.NoError(t, err)
		p.write(s.Vaddr, data)
	}
	symbols, err := f.Symbols()
	require.NoError(t, err)
	at := map[string]uint64{}
	for _, s := range symbols {
		at[s.Name] = s.Value
	}
	return at
}

// call makes the states of one of the functions: regs hold on entry, out
// changes on return.
func call(regs map[events.Reg]uint64, addr, ret, sp, word uint64, out map[events.Reg]uint64) function {
	f := function{entry: maps.Clone(regs), ret: maps.Clone(regs)}
	f.entry[events.RegIP], f.entry[events.RegSP] = addr, sp
	f.ret[events.RegIP], f.ret[events.RegSP] = ret, sp+word
	maps.Copy(f.ret, out)
	return f
}

// newFa64 is fa64 under the x86-64 kernel.
func newFa64(t *testing.T) *program {
	p := &program{path: "/t/fa64", arch: x86.AMD64, base: 0x400000, size: 9816}
	at := p.image(t, "../testdata/bin/fa64")
	sp := at["stk"]
	for _, v := range []uint64{0x5555, 0x4444, 0x3333333344444444, ^uint64(1)} {
		sp -= 8
		p.write(sp, binary.LittleEndian.AppendUint64(nil, v))
	}
	sp -= 8
	p.write(sp, binary.LittleEndian.AppendUint64(nil, 0x401091))
	regs := map[events.Reg]uint64{
		events.RegAX: 0xfedcba9876543210, events.RegBX: 0x1122334455667788, events.RegCX: ^uint64(2),
		events.RegDX: 0x10, events.RegSI: at["str1"], events.RegDI: at["st"], events.RegBP: at["frame"],
		events.RegR8: 0x808, events.RegR9: 0x9090909090909090, events.RegR10: 0xa0a, events.RegR11: 0xb0b,
		events.RegR12: 0xc0c, events.RegR13: 0xd0d, events.RegR14: at["ptrs"], events.RegR15: 1 << 63,
		events.RegFlags: 0x202, events.RegCS: 0x33, events.RegSS: 0x2b, events.RegOrigAX: ^uint64(0),
	}
	rfn := maps.Clone(regs)
	rfn[events.RegDI] = 5
	p.funcs = map[uint64]function{
		at["tgt"] - p.base: call(regs, at["tgt"], 0x401091, sp, 8, nil),
		at["rfn"] - p.base: call(rfn, at["rfn"], at["after"], sp, 8,
			map[events.Reg]uint64{events.RegAX: 0x8877665544332211}),
		at["rstr"] - p.base: call(rfn, at["rstr"], 0x4010a0, sp, 8,
			map[events.Reg]uint64{events.RegAX: at["str2"]}),
	}
	return p
}

// newFa32 is fa32 under the kernel of the given architecture. What the kernel
// decides about segment registers is not in the program's source; gs under
// i386 is what 6.1.176's entry code leaves in the slot.
func newFa32(t *testing.T, arch x86.Arch) *program {
	p := &program{path: "/t/fa32", arch: arch, base: 0x8048000, size: 9404}
	at := p.image(t, "../testdata/bin/fa32")
	sp := at["stk"]
	for _, v := range []uint32{0x5555, 0x44444444, 0xfffffffe} {
		sp -= 4
		p.write(sp, binary.LittleEndian.AppendUint32(nil, v))
	}
	sp -= 4
	p.write(sp, binary.LittleEndian.AppendUint32(nil, 0x8049039))
	regs := map[events.Reg]uint64{
		events.RegAX: 0xfedcba98, events.RegBX: 0x11223344, events.RegCX: 0xfffffffd, events.RegDX: 0x10,
		events.RegSI: at["str1"], events.RegDI: at["st"], events.RegBP: at["frame"],
		events.RegFlags: 0x202, events.RegCS: 0x23, events.RegSS: 0x2b, events.RegOrigAX: ^uint64(0),
	}
	if arch == x86.I386 {
		maps.Copy(regs, map[events.Reg]uint64{events.RegCS: 0x73, events.RegSS: 0x7b,
			events.RegDS: 0x7b, events.RegES: 0x7b, events.RegFS: 0, events.RegGS: 0x3620})
	}
	p.funcs = map[uint64]function{
		at["tgt"] - p.base: call(regs, at["tgt"], 0x8049039, sp, 4, nil),
		at["rfn"] - p.base: call(regs, at["rfn"], at["after"], sp, 4,
			map[events.Reg]uint64{events.RegAX: 0x88776655}),
		at["rstr"] - p.base: call(regs, at["rstr"], 0x8049048, sp, 4,
			map[events.Reg]uint64{events.RegAX: at["str2"]}),
	}
	return p
}

// hits gives where a probe fires in a run of the program, at most once.
func (p *program) hits(probe *tracefs.Probe) (fetch.Target, fetch.Hit, bool) {
	f, ok := p.funcs[probe.FileOffset]
	if !ok {
		return nil, fetch.Hit{}, false
	}
	h := fetch.Hit{Addr: p.base + probe.FileOffset}
	if probe.Return {
		h.Return = f.ret[events.RegIP]
		return &state{p, f.ret}, h, true
	}
	return &state{p, f.entry}, h, true
}

// state is the program at one hit, a [fetch.Target].
type state struct {
	*program
	regs map[events.Reg]uint64
}

func (s *state) Register(r events.Reg) uint64 { return s.regs[r] }

func (s *state) ReadUser(addr uint64, b []byte) int {
	for i := range b {
		mem, ok := s.pages[(addr+uint64(i))/page]
		if !ok {
			return i
		}
		b[i] = mem[(addr+uint64(i))%page]
	}
	return len(b)
}

func (s *state) ReadKernel(uint64, []byte) int { return 0 }

func (s *state) Comm() string { return s.path[len("/t/"):] }

// The system around the program.

func (p *program) Stat(path string) (events.File, events.Errno) {
	switch path {
	case p.path:
		return events.File{ID: 1, Regular: true}, 0
	case "/t", "/dev/null":
		return events.File{ID: 2}, 0
	}
	return events.File{}, events.ENOENT
}

func (p *program) Register(probe *tracefs.Probe) events.Errno {
	if probe.FileOffset > p.size {
		return events.EINVAL
	}
	return 0
}

func (p *program) Unregister(*tracefs.Probe) {}
