# Shows: git: init, commits, log, branches, merge, rebase, clone of a local repository, gc, fsck
export HOME=$PWD GIT_AUTHOR_DATE='2001-01-01T00:00:00Z' GIT_COMMITTER_DATE='2001-01-01T00:00:00Z'
git config --global user.name Somebody
git config --global user.email somebody@example.org
git config --global init.defaultBranch main
git init -q project
cd project
for i in $(seq 1 8); do echo "$i" >"file$i"; seq 1 $((i * 50)) >>common; git add .; git commit -qm "change $i"; done
git log --oneline | cat
git checkout -qb side HEAD~2
echo side >side; git add side; git commit -qm side
git checkout -q main
git merge -q side -m merged
git rebase -q side
git log --oneline | wc -l
git diff --stat HEAD~3 | tail -1
git clone -q . ../clone
cd ../clone
git rev-parse HEAD
git gc -q
git fsck 2>&1
git count-objects -v | grep packs
git grep -c 37 common
git status --short
