package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "trapline"

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Imports    []string
	Module     *struct {
		Path, Version, Dir string
		Main               bool
	}
}

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-e", "-json=ImportPath,Imports,Module"}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	require.NoError(t, err)
	var list []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else {
			require.NoError(t, err)
		}
		list = append(list, p)
	}
}

// TestDependencyLicences lists the licence of every module in the program:
// libunicorn is GPL version 2, which MIT, BSD and MPL-2.0 go with, and
// Apache-2.0 does not.
func TestDependencyLicences(t *testing.T) {
	seen := map[string]bool{}
	deps := goList(t, "-deps", "./cmd/trapline")
	used := func(path string) bool {
		return slices.ContainsFunc(deps, func(p listed) bool { return p.ImportPath == path || strings.HasPrefix(p.ImportPath, path+"/") })
	}
	for _, p := range deps {
		if p.Module == nil || p.Module.Main || seen[p.Module.Path] {
			continue
		}
		seen[p.Module.Path] = true
		kind := licenceKind(t, p.Module.Dir, func(dir string) bool { return used(p.Module.Path + "/" + dir) })
		t.Logf("%-45s %-12s %s", p.Module.Path, p.Module.Version, kind)
		assert.Contains(t, []string{"MIT", "BSD", "MPL-2.0"}, kind, p.Module.Path)
	}
	assert.NotEmpty(t, seen)
}

// licenceKind reads a module's licence. A part of it that begins with
// "Files: DIR/*" counts if the program has packages from there.
func licenceKind(t *testing.T, dir string, used func(dir string) bool) string {
	t.Helper()
	for _, name := range []string{"LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING", "LICENCE"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		var parts []string
		for i, part := range strings.Split(string(b), "\nFiles: ") {
			if i == 0 || used(strings.TrimSuffix(strings.Fields(part)[0], "/*")) {
				parts = append(parts, part)
			}
		}
		text := strings.Join(strings.Fields(strings.Join(parts, "\n")), " ")
		for _, k := range []struct{ words, kind string }{
			{"Apache License", "Apache-2.0"},
			{"Mozilla Public License Version 2.0", "MPL-2.0"},
			{"Permission is hereby granted, free of charge", "MIT"},
			{"Redistribution and use in source and binary forms", "BSD"},
		} {
			if strings.Contains(text, k.words) {
				return k.kind
			}
		}
	}
	return "unknown"
}
