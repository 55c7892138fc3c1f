package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"trapline/internal/linux"
	"trapline/internal/linux/vfs"
)

// traceConfig is what the flags ask of the machine that runs the program.
func traceConfig(c *cli.Command, args []string) (linux.Config, error) {
	processor, err := processorOf(c)
	if err != nil {
		return linux.Config{}, err
	}
	level, err := cpuidLevelOf(c)
	if err != nil {
		return linux.Config{}, err
	}
	args, more, err := splitPrograms(args)
	if err != nil {
		return linux.Config{}, err
	}
	cfg := linux.Config{
		Processor: processor, Level: level,
		Path: args[0], Args: args, Env: os.Environ(), User: hostUser(), Seed: c.Uint64("seed"), CPUs: c.Int("cpus"),
		Stdout: os.Stdout, Stderr: os.Stderr,
		Limits: linux.Limits{
			Steps: c.Uint64("steps"), Memory: c.Int("memory") << 20,
			Processes: c.Int("processes"), Threads: c.Int("threads"),
		},
	}
	if c.Bool("host-time") {
		cfg.Clock = hostClock{}
	}
	if err := joinPrograms(c, &cfg, more); err != nil {
		return cfg, err
	}
	if root := c.String("root"); root != "" {
		cfg.Dir = "/"
		cfg.FS, err = vfs.OpenRoot(root)
		if err != nil {
			return cfg, fmt.Errorf("--root %s: %w; expected a directory", root, err)
		}
		return cfg, nil
	}
	if cfg.Dir, err = os.Getwd(); err != nil {
		return cfg, err
	}
	if cfg.Path, err = lookPath(args[0]); err != nil {
		return cfg, err
	}
	if cfg.FS, err = vfs.OpenFiles(visibleFiles(cfg, c.StringSlice("allow"))...); err != nil {
		return cfg, err
	}
	cfg.FS.ShowDir(cfg.Dir)
	cfg.FS.Stock(stock(*cfg.User))
	return cfg, nil
}

// hostUser is who runs this.
func hostUser() *linux.User {
	if os.Getuid() < 0 { // the host has no such numbers
		return &linux.User{UID: 1000, GID: 1000}
	}
	return &linux.User{UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
}

// stock is what a program finds besides the files of the host that it sees.
func stock(u linux.User) map[string]string {
	passwd, group := "root:x:0:0:root:/root:/bin/sh\n", "root:x:0:\n"
	if u.UID != 0 {
		passwd += fmt.Sprintf("user:x:%d:%d::/home/user:/bin/sh\n", u.UID, u.GID)
	}
	if u.GID != 0 {
		group += fmt.Sprintf("user:x:%d:\n", u.GID)
	}
	return map[string]string{
		"/tmp/": "", "/var/tmp/": "", "/dev/shm/": "", "/etc/passwd": passwd, "/etc/group": group,
		"/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n", "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
		"/etc/services":  "ftp 21/tcp\nssh 22/tcp\ntelnet 23/tcp\nsmtp 25/tcp\ndomain 53/tcp\ndomain 53/udp\nhttp 80/tcp\nhttps 443/tcp\n",
		"/etc/protocols": "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\n", "/etc/resolv.conf": "",
	}
}

// programPath is the absolute path of the program.
func programPath(cfg linux.Config) string {
	return absoluteIn(cfg.Dir, cfg.Path)
}

// visibleFiles are the files that the programs may see without --root: themselves,
// what they are run by, those that their arguments name, and what --allow adds.
func visibleFiles(cfg linux.Config, allow []string) []string {
	var files []string
	for _, one := range programs(cfg) {
		path := programPath(one)
		named := namedBy(one, allow)
		files = append(append(append(files, path), neededBy(path, cfg.Env)...), named...)
		for _, p := range named { // programs of a debugger, perhaps
			if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
				files = append(append(files, neededBy(p, cfg.Env)...), sourcesOf(p)...)
			}
		}
	}
	return files
}

// isMachines reports whether a path is one that an argument never shows of the host: the machine has its own, and "/"
// would be everything.
func isMachines(p string) bool {
	return p == "/" || p == "/dev" || slices.ContainsFunc([]string{"/proc", "/sys"}, func(dir string) bool {
		return p == dir || strings.HasPrefix(p, dir+"/")
	})
}

// namedBy are the files that exist of those that the program's arguments name, and
// what is allowed.
func namedBy(cfg linux.Config, allow []string) []string {
	var files []string
	for i, p := range append(slices.Clone(allow), cfg.Args[1:]...) {
		p = absoluteIn(cfg.Dir, p)
		if _, err := os.Stat(p); err == nil && (i < len(allow) || !isMachines(filepath.Clean(p))) {
			files = append(files, p)
		}
	}
	return files
}

// hostClock is the host's time for programs run with --host-time.
type hostClock struct{}

func (hostClock) Now() time.Time { return time.Now() }

func (hostClock) Sleep(d time.Duration) { time.Sleep(d) }
