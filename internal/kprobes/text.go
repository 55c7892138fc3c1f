package kprobes

import (
	"path"
	"slices"

	"trapline/internal/engines"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

func engineFile(name string) traps.File {
	return traps.File{Name: path.Base(name), Text: engineText(name)}
}

// engineText reads a file that a description names; a test boots each engine.
func engineText(name string) string {
	b, err := engines.Files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// KernelText is the text of an engine's kernel on one architecture.
func KernelText(e *engines.Engine, a x86.Arch) traps.Text {
	if e.None() {
		return traps.StockText(a)
	}
	var assembly, c []traps.File
	for _, f := range e.Text.Assembly {
		assembly = append(assembly, engineFile(f+"_"+traps.ArchName(a)+".S"))
	}
	for _, f := range e.Text.C {
		c = append(c, engineFile(f))
	}
	if !e.Text.OwnTraps {
		c = append(c, traps.TrapCode())
	}
	traits := traitsOf(e, a)
	t := traps.NewText(e.Name, a, traits.Config(), traits.Header(), assembly, c)
	name := e.Name + "/" + traps.ArchName(a) + ".lst"
	t.Listing = "internal/engines/" + name
	t.Read = func() ([]byte, error) { return engines.Files.ReadFile(name) }
	return t
}

// traitsOf is how an engine's trap code and gates differ from the stock kernel's
// (G0).
func traitsOf(e *engines.Engine, a x86.Arch) traps.Traits {
	names, gates := e.TrapCode32, e.Gates
	if a == x86.AMD64 {
		names = e.TrapCode64
		if e.Gates64 != nil {
			gates = *e.Gates64
		}
	}
	var t traps.Traits
	for _, name := range slices.Concat(e.TrapCode, names) {
		t = append(t, traps.Trait(name))
	}
	for trait, is := range map[traps.Trait]bool{
		traps.ProbeGates: gates.Probes == engines.InterruptGate, traps.InterruptGates: gates.Others == engines.InterruptGate,
		traps.UserDebugGate: gates.UserDebug, traps.KernelBoundsGate: gates.KernelBounds,
	} {
		if is {
			t = append(t, trait)
		}
	}
	slices.Sort(t)
	return t
}
