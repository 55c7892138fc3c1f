package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/linux"
	"trapline/internal/loader"
	"trapline/internal/uprobes/audit"
	"trapline/internal/uprobes/places"
	"trapline/internal/uprobes/source"
)

// probedFiles are the ELF files in which probes are defined, each read once.
type probedFiles struct {
	dir     string // of relative paths
	root    string // the guest's "/" on the host, or ""
	program string // what runs, in the guest's tree
	env     []string
	allRets bool // return probes are on return instructions
	read    map[string]*probedFile
	missing map[string]string // names without a slash, by what Absolute made of them
}

type probedFile struct {
	image *loader.Image
	names *places.File
	audit *audit.Auditor // nil until it is asked for
}

func newProbedFiles(c *cli.Command, cfg *linux.Config) *probedFiles {
	return &probedFiles{
		dir: cfg.Dir, root: c.String("root"), program: programPath(*cfg), env: cfg.Env, allRets: c.String(returnsName) == allRets,
		read: map[string]*probedFile{}, missing: map[string]string{},
	}
}

// host is a guest path on the host.
func (f *probedFiles) host(path string) string {
	if f.root == "" {
		return path
	}
	return filepath.Join(f.root, filepath.Clean("/"+path))
}

// same reports whether two guest paths lead to one file.
func (f *probedFiles) same(one, other string) bool {
	a, err := os.Stat(f.host(one))
	b, err2 := os.Stat(f.host(other))
	return err == nil && err2 == nil && os.SameFile(a, b)
}

// file reads the ELF file at a guest path.
func (f *probedFiles) file(path string) (*probedFile, error) {
	if p := f.read[path]; p != nil {
		return p, nil
	}
	data, err := os.ReadFile(f.host(path))
	if name, missing := f.missing[path]; missing && errors.Is(err, fs.ErrNotExist) {
		return nil, f.noLibrary(name)
	}
	if err != nil {
		return nil, err
	}
	image, err := loader.ReadELF(data, loader.Options{Interpreter: true})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p := &probedFile{image: image, names: places.NewFile(image, data)}
	f.read[path] = p
	return p, nil
}

// auditor judges the file's places. Reading its code takes a moment.
func (p *probedFile) auditor() *audit.Auditor {
	if p.audit == nil {
		p.audit = audit.New(p.names, p.names.Program())
	}
	return p.audit
}

// Absolute implements places.Files. A name without a slash that is no file of the
// working directory is a library's.
func (f *probedFiles) Absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	full := filepath.Join(f.dir, path)
	if strings.Contains(path, "/") {
		return full
	}
	if _, err := os.Stat(filepath.Join(f.root, full)); err == nil {
		return full
	}
	if library := findLibrary(f.root, f.program, path, f.env); library != "" {
		return library
	}
	f.missing[full] = path
	return full
}

// noLibrary is the error of a name that is no file's and no library's.
func (f *probedFiles) noLibrary(name string) error {
	var all, meant []string
	for _, path := range linkedWith(f.host(f.program), f.env) {
		if base := filepath.Base(path); path != linkerCache {
			all = append(all, base)
			if strings.HasPrefix(base, name) || strings.HasPrefix(base, "lib"+name+".") {
				meant = append(meant, base)
			}
		}
	}
	hint := ""
	switch {
	case len(meant) > 0:
		hint = "; did you mean " + strings.Join(meant, ", ") + "?"
	case len(all) > 0:
		hint = "; expected one of " + strings.Join(all, ", ")
	}
	return fmt.Errorf("%s is no file here and no library that is found%s", name, hint)
}

// File implements places.Files.
func (f *probedFiles) File(path string) (*places.File, error) {
	file, err := f.file(path)
	if err != nil {
		return nil, err
	}
	return file.names, nil
}

// source is File, and the file's debug information.
func (f *probedFiles) source(path string) (*places.File, *source.Program, error) {
	file, err := f.File(path)
	if err != nil {
		return nil, nil, err
	}
	p, err := file.Source()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, p, nil
}

// returnsFlag is --returns.
func returnsFlag() cli.Flag {
	return &cli.StringFlag{
		Name: returnsName, Value: trampoline, Usage: "return probes see returns by `WAY`: " + trampoline + ", as the kernel's, or " + allRets + ", probes on every return instruction",
		Validator: func(s string) error {
			if s != trampoline && s != allRets {
				return fmt.Errorf("%q; expected %s or %s", s, trampoline, allRets)
			}
			return nil
		},
	}
}

// How return probes see that a function returns.
const (
	returnsName = "returns"
	trampoline  = "trampoline"
	allRets     = "all-rets"
)

// resolve makes the place of a definition what the kernel takes.
func (f *probedFiles) resolve(d *definition) ([]places.Line, error) {
	lines, err := places.Resolve(d.text, f)
	if f.allRets && err == nil {
		var all []places.Line
		for _, line := range lines {
			var more []places.Line
			if more, err = places.AllReturns(line, f); err != nil {
				break
			}
			all = append(all, more...)
		}
		lines = all
	}
	var at *places.Error
	if errors.As(err, &at) {
		return nil, d.flaw(min(at.At, len(d.text)), "%v%s", at, quoteHint(d.typed()))
	}
	return lines, err
}

// judge is what comes of a probe or a return probe at a place; false if the file cannot be read.
func (f *probedFiles) judge(path string, offset uint64, isReturn bool) (audit.Place, bool) {
	file, err := f.file(path)
	switch {
	case err != nil:
		return audit.Place{}, false
	case isReturn:
		return file.auditor().JudgeReturn(offset), true
	}
	return file.auditor().Judge(offset), true
}
