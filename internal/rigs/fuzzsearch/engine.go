package fuzzsearch

import "trapline/internal/engines"

func (s *Scenario) engine() *engines.Engine { return engines.Of(s.Engine) }

// kernelEngines are the engines of scenarios of kernel code, each as often as it
// is wanted: with more to find out about those with multiprobe.
func kernelEngines() []string {
	var list []string
	for _, e := range engines.All(engines.Kernel) {
		list = append(list, e.Name, e.Name)
		if e.Multi {
			list = append(list, e.Name)
		}
		list = append(list, variants(e, "", false)...)
	}
	return list
}

// variants are the names of an engine with one of its options, of those that are
// for one architecture, or for any, and make a mistake or not.
func variants(e *engines.Engine, arch string, defect bool) []string {
	var list []string
	for _, o := range e.Options {
		if o.Arch == arch && o.Defect == defect {
			list = append(list, e.Name+"+"+o.Name)
		}
	}
	return list
}

// kernelVariants are those of all engines for one architecture only.
func kernelVariants(arch string) []string {
	var list []string
	for _, e := range engines.All(engines.Kernel) {
		list = append(list, variants(e, arch, false)...)
	}
	return list
}

// programEngines are the engines of scenarios of programs: half of them with
// what probes are for today, or without any.
func programEngines() []string {
	usual := engines.For(engines.ProgramScenarios).Name
	list := []string{engines.Without().Name, engines.Without().Name, usual, usual}
	for _, e := range engines.All(engines.Program) {
		if !e.None() && e.Name != usual {
			list = append(list, e.Name)
		}
	}
	for _, e := range engines.All(engines.Program) {
		list = append(list, variants(e, "", true)...)
	}
	return list
}
