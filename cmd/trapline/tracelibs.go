package main

import (
	"bufio"
	"debug/dwarf"
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"trapline/internal/loader"
)

// linkerCache is where the dynamic linker looks a library's name up.
const linkerCache = "/etc/ld.so.cache"

// libraryData is what the C library and libraries for terminals read by themselves.
var libraryData = []string{"/usr/share/locale", "/etc/locale.alias", "/usr/share/zoneinfo", "/etc/localtime", "/usr/share/terminfo", "/etc/terminfo"}

// libraryDirs are the directories of libraries, and of what these load by
// themselves: locales, converters, an interpreter's modules.
var libraryDirs = []string{"/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib"}

// multiarch is Debian's name for a width's own folder in them.
var multiarch = map[elf.Class]string{elf.ELFCLASS32: "i386-linux-gnu", elf.ELFCLASS64: "x86_64-linux-gnu"}

// dataDirs are where a program has a directory of its own data, under its name: gdb its commands in Python.
var dataDirs = []string{"/usr/share", "/usr/local/share"}

// shells are what system(3) runs, and what debuggers start programs with.
func shells(env []string) []string {
	list := []string{"/bin/sh"}
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "SHELL="); ok && (filepath.Dir(v) == "/bin" || filepath.Dir(v) == "/usr/bin") {
			list = append(list, v)
		}
	}
	return list
}

// maxUnits bounds the compilation units of a program whose sources are looked for.
const maxUnits = 10_000

// sourcesOf are the files that exist of those that a program was compiled from, as its debug information names
// them; of a file that is none there are none.
func sourcesOf(path string) (files []string) {
	f, err := elf.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := f.DWARF()
	if err != nil {
		return nil
	}
	units := data.Reader()
	for range maxUnits {
		unit, err := units.Next()
		if unit == nil || err != nil {
			break
		}
		units.SkipChildren()
		name, _ := unit.Val(dwarf.AttrName).(string)
		dir, _ := unit.Val(dwarf.AttrCompDir).(string)
		if name = absoluteIn(dir, name); filepath.IsAbs(name) {
			if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
				files = append(files, name)
			}
		}
	}
	return files
}

// scriptChain bounds how many scripts are followed, one more than the kernel does.
const scriptChain = 6

// neededBy lists what a program cannot run without, files and directories:
// a script's interpreter, and what that looks up in PATH if it is env(1); a dynamic program's linker and the directories in
// which that looks for libraries. What does not exist is left out.
func neededBy(path string, env []string) []string {
	var needs []string
	for range scriptChain {
		words := scriptWords(path)
		if len(words) == 0 {
			break
		}
		needs, path = append(needs, words[0]), words[0]
		if filepath.Base(path) != "env" {
			continue
		}
		if found := foundByEnv(words[1:], env); found != "" {
			needs = append(append(needs, found), neededBy(path, env)...)
			path = found
		}
	}
	linker := dynamicLinker(path)
	if linker == "" {
		return needs
	}
	needs = append(needs, linker, linkerCache)
	needs = append(needs, searchPath(path, env)...)
	needs = append(append(needs, libraryDirs...), libraryData...)
	needs = append(needs, shells(env)...)
	for _, dir := range dataDirs {
		needs = append(needs, filepath.Join(dir, filepath.Base(path)))
	}
	return slices.DeleteFunc(needs, func(p string) bool {
		_, err := os.Stat(p)
		return err != nil
	})
}

// scriptWords are the words of a script's first line, the interpreter's path being the first; none if it is no script.
func scriptWords(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadSlice('\n')
	rest, ok := strings.CutPrefix(string(line), "#!")
	if !ok {
		return nil
	}
	return strings.Fields(rest)
}

// foundByEnv is the program that env(1) runs with the arguments of a script's first line, or "". The kernel passes them as
// one; env takes it apart if it begins with -S.
func foundByEnv(args, env []string) string {
	for _, arg := range args {
		switch name, isSplit := strings.CutPrefix(arg, "-S"); {
		case isSplit && name != "":
			return inPath(name, env)
		case strings.HasPrefix(arg, "-") || strings.Contains(arg, "="): // an option, or a variable
		default:
			return inPath(arg, env)
		}
	}
	return ""
}

// inPath is where the program name is among the directories of PATH, or "".
func inPath(name string, env []string) string {
	if strings.Contains(name, "/") {
		return name
	}
	for _, e := range slices.Backward(env) {
		list, ok := strings.CutPrefix(e, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(list) {
			p := filepath.Join(dir, name)
			if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return p
			}
		}
		break
	}
	return ""
}

// dynamicLinker is the program that maps a program's libraries, or "".
func dynamicLinker(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	image, err := loader.ReadELF(data, loader.Options{Interpreter: true})
	if err != nil {
		return ""
	}
	return image.Interpreter
}

// searchPath is where the dynamic linker looks for a program's libraries before its
// own directories (ld.so(8)): DT_RPATH, LD_LIBRARY_PATH, DT_RUNPATH.
func searchPath(path string, env []string) []string {
	f, err := elf.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	rpath, _ := f.DynString(elf.DT_RPATH)
	runpath, _ := f.DynString(elf.DT_RUNPATH)
	lists := rpath
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "LD_LIBRARY_PATH="); ok {
			lists = append(lists, v)
		}
	}
	origin := strings.NewReplacer("$ORIGIN", filepath.Dir(path), "${ORIGIN}", filepath.Dir(path))
	var dirs []string
	for _, list := range append(lists, runpath...) {
		for _, dir := range filepath.SplitList(list) {
			if dir = origin.Replace(dir); filepath.IsAbs(dir) {
				dirs = append(dirs, filepath.Clean(dir))
			}
		}
	}
	return dirs
}

// findLibrary is the path of a library that the program at path may load by its
// name, below root; "": there is none of its width.
func findLibrary(root, path, name string, env []string) string {
	f, err := elf.Open(filepath.Join(root, path))
	if err != nil {
		return ""
	}
	defer f.Close()
	dirs := searchPath(filepath.Join(root, path), env)
	for _, dir := range libraryDirs {
		dirs = append(dirs, filepath.Join(dir, multiarch[f.Class]), dir)
	}
	for _, dir := range dirs {
		p := filepath.Join(dir, name)
		if lib, err := elf.Open(filepath.Join(root, p)); err == nil {
			class := lib.Class
			_ = lib.Close()
			if class == f.Class {
				return p
			}
		}
	}
	return ""
}

// linkedWith lists the files that a dynamic program is loaded with: the linker, and
// the libraries that it and they name, none twice.
func linkedWith(path string, env []string) []string {
	linker := dynamicLinker(path)
	if linker == "" {
		return nil
	}
	files := []string{linker}
	if _, err := os.Stat(linkerCache); err == nil {
		files = append(files, linkerCache)
	}
	seen := map[string]bool{filepath.Base(linker): true}
	for queue := []string{path}; len(queue) > 0 && len(files) <= maxHostFiles; queue = queue[1:] {
		f, err := elf.Open(queue[0])
		if err != nil {
			continue
		}
		names, _ := f.ImportedLibraries()
		_ = f.Close()
		for _, name := range names {
			if library := findLibrary("", path, name, env); library != "" && !seen[name] {
				seen[name] = true
				files, queue = append(files, library), append(queue, library)
			}
		}
	}
	return files
}
