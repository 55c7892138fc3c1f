package kcall

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"trapline/internal/emu/insn"
	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/loader"
	"trapline/internal/loader/vmlinux"
)

// Judge answers what a kernel would to definitions on its own code, from its
// image alone: its symbols, its blacklist, what ftrace can trace, where
// instructions begin. No module is loaded. Places that a kernel patches
// itself (alternatives, jump labels, static calls, BUG) it refuses to probe;
// here they are taken.
type Judge struct {
	image  *vmlinux.Kernel
	byName map[string][]loader.Symbol
	syms   []loader.Symbol // by address, kernel addresses only
	text   span
	black  []span   // sections
	listed []uint64 // functions marked one by one, by address
	traced []uint64 // places of ftrace calls, by address
}

var (
	_ tracefs.Kprobes    = (*Judge)(nil)
	_ tracekprobe.Places = (*Judge)(nil)
)

type span struct{ from, to uint64 }

func (s span) holds(addr uint64) bool { return addr >= s.from && addr < s.to }

// blackSections are the sections that no probe may lie in
// (arch_within_kprobe_blacklist(), populate_kprobe_blacklist()).
var blackSections = []string{"__kprobes_text", "__entry_text", "__noinstr_text"}

// NewJudge reads an image's tables.
func NewJudge(image *vmlinux.Kernel) *Judge {
	j := &Judge{image: image, byName: map[string][]loader.Symbol{}}
	for _, s := range image.Symbols {
		if s.Addr >= image.Segments[0].Addr {
			j.byName[s.Name] = append(j.byName[s.Name], s)
			j.syms = append(j.syms, s)
		}
	}
	j.text = j.between("_stext", "_etext")
	for _, name := range blackSections {
		j.black = append(j.black, j.between(name+"_start", name+"_end"))
	}
	j.listed = j.addresses("__start_kprobe_blacklist", "__stop_kprobe_blacklist")
	if j.listed == nil {
		j.listed = sorted(j.findBlacklist())
	}
	j.traced = j.addresses("__start_mcount_loc", "__stop_mcount_loc")
	if j.traced == nil {
		j.traced = j.findTraced()
	}
	return j
}

// Unknown says what the image does not tell: places that it would refuse for that are judged as if they were good.
func (j *Judge) Unknown() []string {
	var what []string
	if len(j.listed) == 0 {
		what = append(what, "which functions are marked NOKPROBE_SYMBOL")
	}
	if len(j.traced) == 0 && j.Count("ftrace_caller") > 0 {
		what = append(what, "which functions ftrace traces")
	}
	return what
}

// between is the memory between two symbols; empty where one is missing.
func (j *Judge) between(from, to string) span {
	a, ok := j.Address(from)
	b, ok2 := j.Address(to)
	if !ok || !ok2 {
		return span{}
	}
	return span{a, b}
}

// addresses reads a table of addresses, sorted.
func (j *Judge) addresses(from, to string) []uint64 {
	s := j.between(from, to)
	word := uint64(j.image.Arch.Word())
	var list []uint64
	for data := j.read(s.from, int(min(s.to-s.from, vmlinux.MaxImage))); uint64(len(data)) >= word; data = data[word:] {
		list = append(list, binary.LittleEndian.Uint64(append(bytes.Clone(data[:word]), make([]byte, 8-word)...)))
	}
	return sorted(list)
}

func sorted(list []uint64) []uint64 {
	slices.Sort(list)
	return list
}

// read copies at most n bytes of the image's memory.
func (j *Judge) read(addr uint64, n int) []byte {
	for _, s := range j.image.Segments {
		if off := addr - s.Addr; addr >= s.Addr && off < uint64(len(s.Data)) {
			return s.Data[off:min(off+uint64(n), uint64(len(s.Data)))]
		}
	}
	return nil
}

// Count tells how many symbols bear the name.
func (j *Judge) Count(name string) int { return len(j.byName[name]) }

// Address gives the first symbol of the name.
func (j *Judge) Address(name string) (uint64, bool) {
	list := j.byName[name]
	if len(list) == 0 {
		return 0, false
	}
	return list[0].Addr, true
}

// Lookup finds the first of the symbols whose range holds the address.
func (j *Judge) Lookup(addr uint64) (events.Symbol, bool) {
	i, _ := slices.BinarySearchFunc(j.syms, addr+1, func(s loader.Symbol, a uint64) int { return cmp.Compare(s.Addr, a) })
	if i == 0 {
		return events.Symbol{}, false
	}
	for i--; i > 0 && j.syms[i-1].Addr == j.syms[i].Addr; i-- {
	}
	s := j.syms[i]
	return events.Symbol{Name: s.Name, Addr: s.Addr, Size: s.Size}, addr-s.Addr < s.Size
}

// Notrace is true for a function without a call to ftrace in it.
func (j *Judge) Notrace(addr uint64) bool {
	s, ok := j.Lookup(addr)
	if !ok || len(j.traced) == 0 {
		return false
	}
	i, _ := slices.BinarySearch(j.traced, s.Addr)
	return i == len(j.traced) || j.traced[i] >= s.Addr+s.Size
}

// ModuleLoaded is false for every module.
func (j *Judge) ModuleLoaded(string) bool { return false }

// Register tells whether the place may be probed.
func (j *Judge) Register(p *tracefs.Probe) events.Errno { return j.MayProbe(p.Addr) }

// MayProbe judges a place (check_kprobe_address_safe(), can_probe()).
func (j *Judge) MayProbe(addr uint64) events.Errno {
	switch s, ok := j.Lookup(addr); {
	case !ok || !j.inText(addr) || j.blacklisted(s):
		return events.EINVAL
	case !j.startsInstruction(s.Addr, addr) || j.insideTraceCall(addr):
		return events.EILSEQ
	}
	return 0
}

// inText tells whether kernel code is there (core_kernel_text()); an image
// that does not say where its text is has it in what is executable.
func (j *Judge) inText(addr uint64) bool {
	if j.text != (span{}) {
		return j.text.holds(addr)
	}
	return slices.ContainsFunc(j.image.Segments, func(s loader.Segment) bool {
		return s.Prot&loader.ProtX != 0 && addr >= s.Addr && addr < s.End()
	})
}

// blacklisted tells whether the function that holds a place is marked, or in
// a section that is.
func (j *Judge) blacklisted(s events.Symbol) bool {
	_, listed := slices.BinarySearch(j.listed, s.Addr)
	return listed || slices.ContainsFunc(j.black, func(b span) bool { return b.holds(s.Addr) })
}

func (j *Judge) startsInstruction(at, addr uint64) bool {
	mode := insn.ModeOf(j.image.Arch)
	for at < addr {
		in, err := insn.Decode(j.read(at, insn.MaxLen), mode)
		if err != nil || in.Len == 0 {
			return false
		}
		at += uint64(in.Len)
	}
	return at == addr
}

// traceCallSize is the length of the call to ftrace, of which the first byte
// only can be probed.
const traceCallSize = 5

func (j *Judge) insideTraceCall(addr uint64) bool {
	i, exact := slices.BinarySearch(j.traced, addr)
	return !exact && i > 0 && addr-j.traced[i-1] < traceCallSize
}

// Unregister does nothing.
func (j *Judge) Unregister(*tracefs.Probe) {}

// Enable does nothing.
func (j *Judge) Enable(*tracefs.Probe) events.Errno { return 0 }

// Disable does nothing.
func (j *Judge) Disable(*tracefs.Probe) {}
