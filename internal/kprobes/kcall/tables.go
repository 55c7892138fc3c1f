package kcall

import (
	"encoding/binary"
	"slices"

	"trapline/internal/loader"
)

// Tables of an image that names no data (without CONFIG_KALLSYMS_ALL), as those of Debian's i386 kernels: they are known by
// what they hold.

// inBlacklist are functions that every kernel with kprobes marks with NOKPROBE_SYMBOL.
var inBlacklist = []string{"get_kprobe", "kprobe_int3_handler", "kprobe_fault_handler", "notify_die", "atomic_notifier_call_chain"}

// fewestTraced is how many calls of ftrace a kernel has at least; no other table has as many addresses of code in rising order.
const fewestTraced = 1000

// findBlacklist finds the table of _kprobe_blacklist: words that are all addresses of functions, with those among them that
// are in every such table. nil: there is none.
func (j *Judge) findBlacklist() []uint64 {
	begins := map[uint64]bool{}
	for _, s := range j.syms {
		if j.text.holds(s.Addr) {
			begins[s.Addr] = true
		}
	}
	return j.table(func(before, at uint64) bool { return begins[at] }, func(run []uint64, next uint64) []uint64 {
		if next > 0 && next < 16 { // the first one of _error_injection_whitelist is the last here, and this is its kind
			run = run[:len(run)-1]
		}
		for _, name := range inBlacklist {
			addr, ok := j.Address(name)
			if ok && !slices.Contains(run, addr) {
				return nil
			}
		}
		return run
	})
}

// findTraced finds the table of __mcount_loc, which is sorted when a kernel is built: the longest one of rising addresses
// from the text on, and that of functions of .init.text behind it. nil: there is none.
func (j *Judge) findTraced() []uint64 {
	var longest []uint64
	last := j.image.Segments[len(j.image.Segments)-1].End()
	j.table(func(before, at uint64) bool { return at > before && at >= j.text.from && at < last }, func(run []uint64, _ uint64) []uint64 {
		if len(run) > len(longest) {
			longest = slices.Clone(run)
		}
		return nil
	})
	if len(longest) < fewestTraced {
		return nil
	}
	return longest
}

// table is the first run of words in the image's data of which each belongs to it behind the one before, and that is taken;
// take is told the word behind the run.
func (j *Judge) table(belongs func(before, at uint64) bool, take func(run []uint64, next uint64) []uint64) []uint64 {
	word := j.image.Arch.Word()
	for _, s := range j.image.Segments {
		if s.Prot&loader.ProtX != 0 && s.Prot&loader.ProtW == 0 {
			continue
		}
		var run []uint64
		for data := s.Data; len(data) >= word; data = data[word:] {
			at := uint64(binary.LittleEndian.Uint32(data))
			if word == 8 {
				at = binary.LittleEndian.Uint64(data)
			}
			before := uint64(0)
			if len(run) > 0 {
				before = run[len(run)-1]
			}
			if belongs(before, at) {
				run = append(run, at)
				continue
			}
			if len(run) > 0 {
				if found := take(run, at); found != nil {
					return found
				}
			}
			run = run[:0]
		}
	}
	return nil
}
