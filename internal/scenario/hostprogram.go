package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/linux"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// HostProgram is a program of the host's to be run as a scenario, with all that it
// needs.
type HostProgram struct {
	Path      string // where it lies, absolute
	Program   []byte // its ELF file
	Args, Env []string
	Dir       string // where it was started, absolute
	Stdin     []byte
	Files     map[string][]byte // that it can open, by absolute path
	Events    []string          // lines of uprobe_events
	Engine    string            // "": the default
	Kernel    *x86.Arch         // the kernel's width; nil: the program's
	CPUs      int
	Level     emu.Level
	Memory    uint64 // bytes
	More      []linux.Program
	When      linux.When // those start
}

// File makes the scenario. It holds everything; nothing is read later.
func (t *HostProgram) File() (*File, error) {
	img, err := loader.ReadELF(t.Program, loader.Options{Interpreter: true})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Path, err)
	}
	kernel := img.Arch
	if t.Kernel != nil {
		kernel = *t.Kernel
	}
	if img.Arch > kernel {
		return nil, fmt.Errorf("%s: %w: a 32-bit kernel does not run 64-bit programs", t.Path, linux.ErrOtherArch)
	}
	content := map[string][]byte{hostProgramMember: t.Program}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%q under uprobes.", t.Path)
	line("-- machine --\narch %s\ncpus %d\nmemory %d\nsteps %d\ntime %v", img.Arch, t.CPUs, t.Memory, format.MaxSteps, format.MaxTime)
	if kernel != img.Arch {
		line("kernel %s", kernel)
	}
	if t.Level != emu.DefaultLevel {
		line("cpuid %v", t.Level)
	}
	if t.Engine != "" {
		line("engine %s", t.Engine)
	}
	line("-- program --\npath %q", hostProgramMember)
	line("-- linux --\npath %q", t.Path)
	if len(t.Args) > 0 {
		line("args %s", quoted(t.Args))
	}
	if t.Dir != "" && t.Dir != "/" {
		line("dir %s", strconv.Quote(t.Dir))
	}
	for _, e := range t.Env {
		line("env %s", strconv.Quote(e))
	}
	if len(t.Stdin) > 0 {
		content["stdin"] = t.Stdin
		line("stdin from %q", "stdin")
	}
	for i, name := range slices.Sorted(maps.Keys(t.Files)) {
		own := fmt.Sprintf("file%d", i)
		content[own] = t.Files[name]
		line("file %s from %q", strconv.Quote(name), own)
	}
	for _, p := range t.More {
		line("and %q %s", p.Path, quoted(p.Args))
	}
	if t.When != 0 {
		line("and-when %v", t.When)
	}
	line("-- uprobe_events --")
	for _, e := range t.Events {
		if strings.ContainsRune(e, '\n') || strings.HasPrefix(e, "--") {
			return nil, fmt.Errorf("event %q: expected one line of uprobe_events", e)
		}
		line("%s", e)
	}
	line("-- check --\nno-missed-probe")
	f, err := format.Parse(t.Path, []byte(b.String()))
	if err != nil {
		return nil, err
	}
	return &File{File: f, ReadFile: func(name string) ([]byte, error) {
		if data, ok := content[name]; ok {
			return data, nil
		}
		return nil, fmt.Errorf("%s is not part of the traced program", name)
	}}, nil
}

// hostProgramMember is the program's name as a file of its scenario.
const hostProgramMember = "program"

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return strings.Join(out, " ")
}
