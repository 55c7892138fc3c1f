package tracefs

import "strings"

// ModuleComing registers the probes that are given as MODULE:SYMBOL, when
// the module has been loaded and before its code runs (SEMANTICS E5). Those
// that still fail stay as they are.
func (r *Registry) ModuleComing(module string) {
	for _, p := range r.probes {
		if !strings.HasPrefix(p.Symbol, module+":") {
			continue
		}
		r.unregister(p)
		p.Gone = false
		if errno := r.register(p); errno != 0 {
			r.printk("trace_kprobe: Failed to re-register probe %s on %s: %d", p.On.Name, module, -int(errno))
			continue
		}
		if p.On.Enabled {
			r.enable(p)
		}
	}
}

// ModuleGoing marks the probes in a module's code as gone, when the module is
// taken out. They stay defined. The engine has to forget them by itself.
func (r *Registry) ModuleGoing(module string) {
	for _, p := range r.probes {
		if p.Registered && p.Module == module && module != "" {
			p.Gone = true
		}
	}
}
