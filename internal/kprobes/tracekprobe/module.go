package tracekprobe

import (
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/loader"
)

// Module is kernel code that can come and go (SEMANTICS E5).
type Module struct {
	Name    string
	Symbols loader.Symbols
	Loaded  bool

	areas []moduleArea
}

// moduleArea is a run of pages with their content while they are unmapped.
type moduleArea struct {
	addr  uint64
	frame emu.Frame
	pages int
	prot  emu.Prot
}

// MaxModules bounds the modules of a machine.
const MaxModules = 64

func (m *Module) holds(addr uint64) bool {
	for _, a := range m.areas {
		if addr-a.addr < uint64(a.pages)*emu.PageSize {
			return true
		}
	}
	return false
}

func splitModule(name string) (module, plain string) {
	module, plain, ok := strings.Cut(name, ":")
	if !ok {
		return "", name
	}
	return module, plain
}

// AddModule makes the mapped pages from low up to high, whole pages, a module
// that is loaded. symbols are those inside.
func (s *Session) AddModule(name string, low, high uint64, symbols loader.Symbols) error {
	switch {
	case s.module(name) != nil:
		return fmt.Errorf("module %s: there is one of that name", name)
	case len(s.modules) == MaxModules:
		return fmt.Errorf("module %s: at most %d modules", name, MaxModules)
	case low%emu.PageSize != 0 || high <= low:
		return fmt.Errorf("module %s: from %#x to %#x; expected whole pages", name, low, high)
	}
	m := &Module{Name: name, Loaded: true, Symbols: symbols}
	for at := low; at < high; at += emu.PageSize {
		pte, ok := s.space().Lookup(at)
		if !ok {
			return fmt.Errorf("module %s: no memory at %#x", name, at)
		}
		m.areas = append(m.areas, moduleArea{at, pte.Frame, 1, pte.Prot})
	}
	s.modules = append(s.modules, m)
	s.renewSymbols()
	return nil
}

// AddModuleImage maps an ELF image's segments as a module that is loaded.
func (s *Session) AddModuleImage(name string, img *loader.Image) error {
	if len(img.Segments) == 0 {
		return fmt.Errorf("module %s: the image has no memory", name)
	}
	if err := s.g.K.LoadImage(s.space(), img, 0); err != nil {
		return fmt.Errorf("module %s: %w", name, err)
	}
	low := img.Segments[0].Addr &^ (emu.PageSize - 1)
	return s.AddModule(name, low, img.Segments[len(img.Segments)-1].End(), img.Symbols)
}

func (s *Session) module(name string) *Module {
	for _, m := range s.modules {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// LoadModule brings a module back: its code appears, its events' probes are
// registered (insmod).
func (s *Session) LoadModule(name string) error {
	m := s.module(name)
	switch {
	case m == nil:
		return fmt.Errorf("insmod %s: no such module", name)
	case m.Loaded:
		return fmt.Errorf("insmod %s: it is loaded already", name)
	}
	for _, a := range m.areas {
		if err := s.space().Map(a.addr, a.frame, a.pages, a.prot); err != nil {
			return fmt.Errorf("insmod %s: %w", name, err)
		}
	}
	m.Loaded = true
	s.renewSymbols()
	s.Registry().ModuleComing(name)
	return nil
}

// UnloadModule takes a module out: its probes are gone, then its code
// (rmmod). What calls the code from then on faults.
func (s *Session) UnloadModule(name string) error {
	if err := s.ModuleGoing(name); err != nil {
		return err
	}
	return s.FreeModule(name)
}

// ModuleGoing takes out the probes of a module that is to be unloaded
// (kprobes_module_callback(), MODULE_STATE_GOING).
func (s *Session) ModuleGoing(name string) error {
	m := s.module(name)
	if m == nil || !m.Loaded {
		return fmt.Errorf("rmmod %s: it is not loaded", name)
	}
	for _, p := range s.planted {
		if p.life == armed && m.holds(p.probe.Addr) {
			s.g.Unregister(p.index)
			p.become(gone)
		}
	}
	s.Registry().ModuleGoing(name)
	return nil
}

// FreeModule takes the pages of a module away (free_module()).
func (s *Session) FreeModule(name string) error {
	m := s.module(name)
	if m == nil || !m.Loaded {
		return fmt.Errorf("rmmod %s: it is not loaded", name)
	}
	for _, a := range m.areas {
		s.space().Unmap(a.addr, a.pages)
	}
	m.Loaded = false
	s.renewSymbols()
	return nil
}
