package events_test

import (
	"strings"

	"trapline/internal/events"
	"trapline/internal/x86"
)

// fakeKernel has a few functions of 0x100 bytes, a data symbol and a static
// function of which there are two.
type fakeKernel struct{}

var fakeSymbols = []events.Symbol{
	{Name: "vfs_read", Addr: 0xc1000000, Size: 0x100},
	{Name: "vfs_write", Addr: 0xc1000100, Size: 0x100},
	{Name: "jiffies", Addr: 0xc1000200, Size: 0x100},
	{Name: "helper", Addr: 0xc1000300, Size: 0x100},
	{Name: "start", Addr: 0xc1000400, Size: 0x100, Module: "mod"},
}

func (fakeKernel) Count(name string) int {
	switch name {
	case "helper":
		return 2
	case "vfs_read", "vfs_write", "jiffies", "start":
		return 1
	}
	return 0
}

func (fakeKernel) Address(name string) (uint64, bool) {
	name = strings.TrimPrefix(name, "mod:")
	for _, s := range fakeSymbols {
		if s.Name == name {
			return s.Addr, true
		}
	}
	return 0, false
}

func (fakeKernel) Lookup(addr uint64) (events.Symbol, bool) {
	for _, s := range fakeSymbols {
		if addr >= s.Addr && addr < s.Addr+s.Size {
			return s, true
		}
	}
	return events.Symbol{}, false
}

// fakeFiles has /bin/prog, the same file again as /bin/link, the directory
// /bin and a path that may not be searched.
type fakeFiles struct{}

func (fakeFiles) Stat(path string) (events.File, events.Errno) {
	switch path {
	case "/bin/prog", "/bin/link":
		return events.File{ID: 1, Regular: true}, 0
	case "/bin":
		return events.File{ID: 2}, 0
	case "/root/prog":
		return events.File{}, events.EACCES
	}
	return events.File{}, events.ENOENT
}

func options(arch x86.Arch) events.Options {
	return events.Options{Arch: arch, Symbols: fakeKernel{}, Files: fakeFiles{}}
}
