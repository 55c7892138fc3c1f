package format

import (
	"slices"

	"trapline/internal/engines"
)

// What only one kind of scenario has.
var (
	kernelMembers = []string{"memory", "modules", "kprobe_events", "tasks", "interrupts"}
	linuxMembers  = []string{"linux", "uprobe_events"}
	kernelVerbs   = []string{"gate", "locks", "insmod", "rmmod"}
	linuxVerbs    = []string{"trace", "profile", "output", "maps", "exit"}
	kernelLines   = []string{"post", "fault", "unregistered", "multiprobe"}
	linuxLines    = []string{"ret", "filter"}
	kernelActions = []string{"none", "map", "skip", "call", "return"}
	linuxActions  = []string{"remove"}
)

// EventsMember is the member that defines events in a scenario of f's kind.
func (f *File) EventsMember() string {
	if f.Linux != nil {
		return "uprobe_events"
	}
	return "kprobe_events"
}

// World is what f runs in.
func (f *File) World() engines.World {
	if f.Linux != nil {
		return engines.Program
	}
	return engines.Kernel
}

// HandlerKinds are the kinds of handlers that f's probes can have.
func (f *File) HandlerKinds() []string {
	others := linuxLines
	if f.Linux != nil {
		others = kernelLines
	}
	return slices.DeleteFunc(slices.Clone(HandlerKinds), func(kind string) bool { return slices.Contains(others, kind) })
}

// checkKind tells a scenario of a Linux program from one of kernel code, and
// refuses what the other kind has.
func (f *File) checkKind() error {
	for _, m := range linuxMembers {
		if _, ok := f.members[m]; ok && f.Linux == nil {
			f.Linux = newLinux()
		}
	}
	if f.Machine.Engine == "" {
		use := engines.KernelScenarios
		if f.Linux != nil {
			use = engines.ProgramScenarios
		}
		f.Machine.Engine = engines.For(use).Name
	}
	members, verbs, lines, actions, what := linuxMembers, linuxVerbs, linuxLines, linuxActions, "kernel code; a member linux makes it one of a Linux program"
	if f.Linux != nil {
		members, verbs, lines, actions, what = kernelMembers, kernelVerbs, kernelLines, kernelActions, "a Linux program"
	}
	for _, m := range members {
		if l, ok := f.members[m]; ok {
			return l.at(3).errorAt("no such member", "a member %s in a scenario of %s", m, what)
		}
	}
	for i := range f.Steps {
		if s := &f.Steps[i]; slices.Contains(verbs, s.Verb) {
			return s.Pos.errorAt("another directive", "%q in a scenario of %s", s.Verb, what)
		}
	}
	for i := range f.Probes {
		if err := f.Probes[i].checkKind(lines, actions, what); err != nil {
			return err
		}
	}
	return f.checkKindOfProperties(what)
}

func (p *Probe) checkKind(lines, actions []string, what string) error {
	for _, l := range p.lines {
		if slices.Contains(lines, l.kind) {
			return l.pos.errorAt("another line", "%q in a scenario of %s", l.kind, what)
		}
	}
	for _, list := range p.Handlers {
		for i := range list {
			if slices.Contains(actions, list[i].Kind) {
				return list[i].Pos.errorAt("another action", "%q in a scenario of %s", list[i].Kind, what)
			}
		}
	}
	return nil
}

func (f *File) checkKindOfProperties(what string) error {
	known := PropertyNames(f.World())
	if f.Linux != nil {
		known = append(known, ExitProperty, OutputProperty)
		if p := f.Program; p != nil && len(p.Calls) > 0 {
			return p.Calls[0].Pos.errorAt("the path alone", "a call in a scenario of %s", what)
		}
		if len(f.Machine.Gates) > 0 || f.Machine.Prefetch > 0 {
			return f.MemberPos("machine").errorAt("neither", "gate or prefetch in a scenario of %s", what)
		}
		if f.Machine.Kernel == "i386" && f.Machine.Arch == "x86_64" {
			return f.Machine.KernelPos.errorAt("x86_64", "a 32-bit kernel does not run 64-bit programs")
		}
	} else if f.Machine.Kernel != "" {
		return f.Machine.KernelPos.errorAt("a member linux too", "kernel %s in a scenario of kernel code", f.Machine.Kernel)
	} else if e := engines.Of(f.Machine.Engine); e != nil && !e.In(engines.Kernel) {
		return f.Machine.EnginePos.errorAt("a member linux or uprobe_events too", "engine %s in a scenario of kernel code", f.Machine.Engine)
	}
	for _, p := range f.Check {
		if p.Cond == nil && !slices.Contains(known, p.Name) {
			return p.Pos.errorAt(meant(p.Name, known), "%s in a scenario of %s", p.Name, what)
		}
	}
	return nil
}
