package asm

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"trapline/internal/loader"
	"trapline/internal/x86"
)

// The other files in the private directory.
const (
	objectName = "input.o"
	scriptName = "layout.ld"
	depsName   = "input.d"
	behindName = "behind.o"
	linkedName = "image"
)

// EntrySymbol is the label where an image starts; one without it starts at
// its base address.
const EntrySymbol = "_start"

// Assemble turns source into an image with GNU as and ld. Its segments lie at
// the asked addresses, its line map counts from the first line of the text,
// and it has what was in the source and nothing else: no notes, no headers.
//
// A source that does not assemble or link gives an *Error. Other errors wrap
// ErrNoAssembler, ErrLimit, or the cause of ctx.
func Assemble(ctx context.Context, source Source) (*loader.Image, error) {
	s := &source
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	if err := s.screen(); err != nil {
		return nil, err
	}
	t, err := findTools()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	dir, err := os.MkdirTemp("", "trapline-asm-")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	defer os.RemoveAll(dir)
	linked, err := s.build(ctx, t, dir)
	if err != nil {
		return nil, err
	}
	return s.image(linked)
}

// build runs as and ld in dir and returns the linked file.
func (s *Source) build(ctx context.Context, t tools, dir string) ([]byte, error) {
	files := map[string]string{inputName: dropFileNames(s.Text) + "\n", scriptName: s.linkerScript()}
	if s.Behind != nil {
		files[behindName] = string(s.Behind)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	emulation := "elf_i386"
	if s.Arch == x86.AMD64 {
		emulation = "elf_x86_64"
	}
	// DWARF gives the lines. Notes of the features used would be loaded.
	err := s.runAs(ctx, t, dir, s.width(), "--gdwarf-4", "-mx86-used-note=no", "--noexecstack",
		"--MD", depsName, "-o", objectName, inputName)
	if err != nil {
		return nil, err
	}
	// The entry is set from the symbols: ld warns where there is no _start.
	args := []string{"-m", emulation, "-static", "-nostdlib", "-T", scriptName,
		"-z", "max-page-size=4096", "--build-id=none", "--no-relax",
		"-e", fmt.Sprintf("%#x", s.Base), "-o", linkedName, objectName}
	if s.Behind != nil {
		args = append(args, behindName)
	}
	err = s.runLd(ctx, t, dir, args...)
	if err != nil {
		return nil, err
	}
	linked, err := os.ReadFile(filepath.Join(dir, linkedName))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	return linked, nil
}

// width is as's option for the architecture.
func (s *Source) width() string {
	if s.Arch == x86.AMD64 {
		return "--64"
	}
	return "--32"
}

func (s *Source) runAs(ctx context.Context, t tools, dir string, args ...string) error {
	output, ok, err := t.run(ctx, dir, t.as, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	list, foreign := s.asDiagnostics(output)
	if ok {
		deps, err := os.ReadFile(filepath.Join(dir, depsName))
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		foreign = strings.TrimSpace(string(deps)) != objectName+": "+inputName
	}
	if foreign {
		return s.errorAt(0, 0, "the source names another file: it may not read files or rename its own")
	}
	return s.judge(ok, "as", output, list)
}

func (s *Source) runLd(ctx context.Context, t tools, dir string, args ...string) error {
	output, ok, err := t.run(ctx, dir, t.ld, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	output = strings.ReplaceAll(output, dir+"/", "")
	return s.judge(ok, "ld", output, s.ldDiagnostics(output, t.ld))
}

// judge makes an Error of a tool's failure, or gives its warnings away.
func (s *Source) judge(ok bool, tool, output string, list []Diagnostic) error {
	list = list[:min(len(list), maxDiagnostics)]
	if ok {
		for _, d := range list {
			if s.OnWarning != nil {
				s.OnWarning(d)
			}
		}
		return nil
	}
	if !slices.ContainsFunc(list, func(d Diagnostic) bool { return d.Severity == SeverityError }) {
		first, _, _ := strings.Cut(strings.TrimSpace(output), "\n")
		list = append(list, s.diagnostic(0, 0, SeverityError, tool+" failed: "+first))
	}
	return &Error{Diagnostics: list}
}

// image reads the linked file and checks that it lies where it was asked to.
func (s *Source) image(linked []byte) (*loader.Image, error) {
	lim := loader.Limits{Memory: MaxMemory}
	m, err := loader.ReadELF(linked, loader.Options{Limits: lim})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	lines, err := loader.ReadLines(linked, lim)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	m.Entry = s.Base
	if start, ok := m.Symbols.Lookup(EntrySymbol); ok {
		m.Entry = start.Addr
	}
	m.Headers = loader.ProgramHeaders{}
	m.Lines = addLabelLines(lines, m, s.Text)
	return m, s.checkPlaces(m)
}

// checkPlaces refuses an image whose text or data is not at the asked address.
// ld moves a section on to an alignment that the source asks for.
func (s *Source) checkPlaces(m *loader.Image) error {
	const writeOrExec = loader.ProtW | loader.ProtX
	for _, want := range []struct {
		section string
		prot    loader.Prot
		asked   bool
		addr    uint64
	}{
		{".text", loader.ProtX, true, s.Base},
		{".data", loader.ProtW, s.DataBase != 0, s.DataBase},
	} {
		i := slices.IndexFunc(m.Segments, func(g loader.Segment) bool { return g.Prot&writeOrExec == want.prot })
		if i < 0 || !want.asked {
			continue
		}
		if got := m.Segments[i].Addr; got != want.addr {
			return s.errorAt(0, 0, "%s starts at %#x, not at its base address %#x: "+
				"the source asks for an alignment that the base does not have", want.section, got, want.addr)
		}
	}
	return nil
}
