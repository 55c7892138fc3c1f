package tracefs_test

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// kernel is the recorded 6.1.192 kernel and its file system, as far as the
// recordings tell: symbols with the addresses of kprobe/kallsyms.sel and the
// sizes that trace lines print, the blacklist, where instructions of vfs_read
// start, and the file /t/beh.
type kernel struct {
	syms    []events.Symbol // by address; aliases only in names
	names   map[string]uint64
	black   map[string]bool
	planted []*planted
}

// planted is a probe that the engine was given, in order.
type planted struct {
	*tracefs.Probe
	enabled bool
}

// otherSymbols are those the scripts use and no file lists.
var otherSymbols = []string{
	"vfs_open", "vfs_fsync", "jiffies", "linux_proc_banner", "copy_user_generic_unrolled",
}

// aliases are second names of one function, which print as the first.
var aliases = map[string]string{"__x64_sys_getppid": "__do_sys_getppid"}

// notrace functions are in the kernel's log as such (k_refuse.txt).
var notrace = map[string]bool{"exc_int3": true, "entry_SYSCALL_64": true, "copy_user_generic_unrolled": true}

// boundaries are the offsets of vfs_read up to 40 that k_boundary.txt accepts.
var boundaries = []uint64{0, 5, 7, 9, 11, 13, 14, 15, 19, 28, 33, 36, 39}

var symbolRE = regexp.MustCompile(`([A-Za-z_]\w*)\+0x[0-9a-f]+/0x([0-9a-f]+)`)

// newKernel makes the kernel of a recording; text is the recording.
func newKernel(t *testing.T, text string) *kernel {
	k := &kernel{names: map[string]uint64{}, black: map[string]bool{}}
	sel, err := os.ReadFile("../testdata/kprobe/kallsyms.sel")
	require.NoError(t, err)
	for line := range strings.Lines(string(sel)) {
		f := strings.Fields(line)
		addr, err := strconv.ParseUint(f[0], 16, 64)
		require.NoError(t, err)
		k.add(f[2], addr, 1)
	}
	names := slices.Clone(otherSymbols)
	black, err := os.ReadFile("../testdata/kprobe/blacklist.names")
	require.NoError(t, err)
	for name := range strings.FieldsSeq(string(black)) {
		k.black[name] = true
		names = append(names, name)
	}
	sizes := map[string]uint64{}
	for _, m := range symbolRE.FindAllStringSubmatch(text, -1) {
		sizes[m[1]], err = strconv.ParseUint(m[2], 16, 64)
		require.NoError(t, err)
		names = append(names, m[1])
	}
	next := uint64(0xffffffff81500000)
	for _, name := range names {
		if _, ok := k.names[name]; !ok {
			k.add(name, next, 0x1000)
			next += 0x1000
		}
	}
	for i := range k.syms {
		k.syms[i].Size = cmp.Or(sizes[k.syms[i].Name], k.syms[i].Size)
	}
	slices.SortFunc(k.syms, func(a, b events.Symbol) int { return cmp.Compare(a.Addr, b.Addr) })
	return k
}

func (k *kernel) add(name string, addr, size uint64) {
	k.names[name] = addr
	if printed, ok := aliases[name]; ok {
		name = printed
		k.names[name] = addr
	}
	k.syms = append(k.syms, events.Symbol{Name: name, Addr: addr, Size: size})
}

func (k *kernel) Count(name string) int {
	if _, ok := k.names[name]; ok {
		return 1
	}
	return 0
}

func (k *kernel) Address(name string) (uint64, bool) {
	addr, ok := k.names[name]
	return addr, ok
}

// Lookup finds the last symbol that starts at or below the address, within
// the kernel's text.
func (k *kernel) Lookup(addr uint64) (events.Symbol, bool) {
	i, exact := slices.BinarySearchFunc(k.syms, addr, func(s events.Symbol, a uint64) int { return cmp.Compare(s.Addr, a) })
	if exact {
		return k.syms[i], true
	}
	if i == 0 || i == len(k.syms) || addr >= 0xffffffff82000000 {
		return events.Symbol{}, false
	}
	return k.syms[i-1], true
}

func (k *kernel) Notrace(addr uint64) bool {
	sym, _ := k.Lookup(addr)
	return notrace[sym.Name]
}

func (k *kernel) ModuleLoaded(string) bool { return false }

func (k *kernel) Register(p *tracefs.Probe) events.Errno {
	sym, _ := k.Lookup(p.Addr)
	if k.black[sym.Name] {
		return events.EINVAL
	}
	if off := p.Addr - sym.Addr; sym.Name == "vfs_read" && off <= 40 && !slices.Contains(boundaries, off) {
		return events.EILSEQ
	}
	k.planted = append(k.planted, &planted{Probe: p})
	return 0
}

func (k *kernel) Unregister(p *tracefs.Probe) {
	k.planted = slices.DeleteFunc(k.planted, func(q *planted) bool { return q.Probe == p })
}

func (k *kernel) set(p *tracefs.Probe, on bool) {
	for _, q := range k.planted {
		if q.Probe == p {
			q.enabled = on
		}
	}
}

func (k *kernel) Enable(p *tracefs.Probe) events.Errno { k.set(p, true); return 0 }
func (k *kernel) Disable(p *tracefs.Probe)             { k.set(p, false) }

// list is kprobes/list. Which probes sit on ftrace sites and which get
// optimised is the engine's business; here it is what the recordings show.
func (k *kernel) list() string {
	var entries []tracefs.ListEntry
	for _, p := range k.planted {
		sym, _ := k.Lookup(p.Addr)
		entry := p.Addr == sym.Addr
		entries = append(entries, tracefs.ListEntry{
			Addr: p.Addr, Return: p.Return, Disabled: !p.enabled, Ftrace: entry, Optimized: !entry && p.enabled,
		})
	}
	return tracefs.List(entries, x86.AMD64, k)
}

// files is the file system of the uprobe scripts.
type files struct{}

func (files) Stat(path string) (events.File, events.Errno) {
	switch path {
	case "/t/beh":
		return events.File{ID: 1, Regular: true}, 0
	case "/t/kt":
		return events.File{ID: 2, Regular: true}, 0
	}
	return events.File{}, events.ENOENT
}

func (files) Register(p *tracefs.Probe) events.Errno {
	if p.RefCounter%2 != 0 {
		return events.EINVAL
	}
	return 0
}

func (files) Unregister(*tracefs.Probe) {}
