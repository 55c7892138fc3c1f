package tracefs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/x86"
)

// ListEntry is one kernel probe, of an event or not, as debugfs's
// kprobes/list shows it.
type ListEntry struct {
	Addr   uint64
	Return bool // a kretprobe's own probe
	// Gone, Disabled and Optimized, Ftrace are the flags at the line's end.
	Gone, Disabled, Optimized, Ftrace bool
}

// listBuckets is log2 of the kernel's hash table of probes
// (KPROBE_HASH_BITS), in whose order the list comes.
const listBuckets = 6

// List is the file kprobes/list. entries are in the order of registration;
// the file has them by hash bucket, later addresses of a bucket first, and at
// one address the later probe first.
func List(entries []ListEntry, arch x86.Arch, syms fetch.Symbols) string {
	type place struct {
		ListEntry
		bucket uint64
		first  int // when the address got its first probe
		nth    int
	}
	first := map[uint64]int{}
	places := make([]place, len(entries))
	for i, e := range entries {
		if _, ok := first[e.Addr]; !ok {
			first[e.Addr] = i
		}
		places[i] = place{e, events.Hash(arch, e.Addr, listBuckets), first[e.Addr], i}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.bucket, b.bucket), cmp.Compare(b.first, a.first), cmp.Compare(b.nth, a.nth))
	})
	var b strings.Builder
	for _, p := range places {
		p.line(&b, arch, syms)
	}
	return b.String()
}

func (e ListEntry) line(b *strings.Builder, arch x86.Arch, syms fetch.Symbols) {
	typ := "k"
	if e.Return {
		typ = "r"
	}
	fmt.Fprintf(b, "%0*x  %s  ", 2*arch.Word(), e.Addr, typ)
	sym, ok := events.Symbol{}, false
	if syms != nil {
		sym, ok = syms.Lookup(e.Addr)
	}
	if ok {
		module := sym.Module
		if module == "" {
			module = " "
		}
		fmt.Fprintf(b, "%s+%#x  %s ", sym.Name, e.Addr-sym.Addr, module)
	} else {
		fmt.Fprintf(b, "%#x ", e.Addr)
	}
	flags := []struct {
		on   bool
		text string
	}{{e.Gone, "[GONE]"}, {e.Disabled && !e.Gone, "[DISABLED]"}, {e.Optimized, "[OPTIMIZED]"}, {e.Ftrace, "[FTRACE]"}}
	for _, f := range flags {
		if f.on {
			b.WriteString(f.text)
		}
	}
	b.WriteByte('\n')
}
