package tracefs

import (
	_ "embed"
	"strings"

	"trapline/internal/events"
	"trapline/internal/x86"
)

// blacklistText is the recorded kprobes/blacklist of 6.1.192, names only.
//
//go:embed blacklist-6.1.txt
var blacklistText string

// MaxAssumed is the number of different symbols that an [AssumedKernel]
// takes; further ones are unknown.
const MaxAssumed = 8192

// AssumedKernel stands for a kernel when there is no image to ask: every
// symbol exists once and is a function's first byte, every offset in it is
// an instruction's, every module is loaded. Only what 6.1.192 itself
// blacklists is refused, and the functions seen refused there for not being
// traceable. Probes do nothing.
type AssumedKernel struct {
	arch  x86.Arch
	addrs map[string]uint64
	syms  []events.Symbol
	black map[string]bool
}

var _ Kprobes = (*AssumedKernel)(nil)

// NewAssumedKernel makes one.
func NewAssumedKernel(arch x86.Arch) *AssumedKernel {
	k := &AssumedKernel{arch: arch, addrs: map[string]uint64{}, black: map[string]bool{}}
	for _, name := range strings.Fields(blacklistText) {
		k.black[name] = true
	}
	return k
}

// span gives where the symbols start and how far apart they are. On x86-64
// no 32-bit offset reaches the next one.
func (k *AssumedKernel) span() (base, size uint64) {
	if k.arch == x86.I386 {
		return 0xc1000000, 0x10000
	}
	return 0xffff900000000000, 1 << 33
}

// Count is 1 for every name.
func (k *AssumedKernel) Count(name string) int {
	if _, ok := k.Address(name); !ok {
		return 0
	}
	return 1
}

// Address invents an address for the name, the same one every time.
func (k *AssumedKernel) Address(name string) (uint64, bool) {
	if addr, ok := k.addrs[name]; ok {
		return addr, true
	}
	base, size := k.span()
	if name == "" || len(k.syms) >= MaxAssumed || k.arch.Mask(base+uint64(len(k.syms)+1)*size) < base {
		return 0, false
	}
	sym := events.Symbol{Name: name, Addr: base + uint64(len(k.syms))*size, Size: size}
	if module, plain, ok := strings.Cut(name, ":"); ok {
		sym.Module, sym.Name = module, plain
	}
	k.syms = append(k.syms, sym)
	k.addrs[name] = sym.Addr
	return sym.Addr, true
}

// Lookup finds an invented symbol by address.
func (k *AssumedKernel) Lookup(addr uint64) (events.Symbol, bool) {
	base, size := k.span()
	if addr < base || (addr-base)/size >= uint64(len(k.syms)) {
		return events.Symbol{}, false
	}
	return k.syms[(addr-base)/size], true
}

// Notrace is true for the recorded refusals of that sort.
func (k *AssumedKernel) Notrace(addr uint64) bool {
	sym, ok := k.Lookup(addr)
	if !ok {
		return false
	}
	switch sym.Name {
	case "exc_int3", "entry_SYSCALL_64", "copy_user_generic_unrolled":
		return true
	}
	return false
}

// ModuleLoaded is always true.
func (k *AssumedKernel) ModuleLoaded(string) bool { return true }

// Register refuses the blacklist.
func (k *AssumedKernel) Register(p *Probe) events.Errno {
	if sym, ok := k.Lookup(p.Addr); ok && k.black[sym.Name] {
		return events.EINVAL
	}
	return 0
}

// Unregister does nothing.
func (k *AssumedKernel) Unregister(*Probe) {}

// Enable does nothing.
func (k *AssumedKernel) Enable(*Probe) events.Errno { return 0 }

// Disable does nothing.
func (k *AssumedKernel) Disable(*Probe) {}

// FilesOnly is a [Uprobes] for judging definitions: files are looked up,
// probes do nothing.
type FilesOnly struct{ events.Files }

// Register accepts everything, as the kernel does while no process maps the
// file.
func (FilesOnly) Register(*Probe) events.Errno { return 0 }

// Unregister does nothing.
func (FilesOnly) Unregister(*Probe) {}
