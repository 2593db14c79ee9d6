# Shows: LibreOffice without a screen: a table is converted to a spreadsheet, calculated, and converted back
# Every: 20000
# Limit: 1200
export HOME=$PWD XDG_RUNTIME_DIR=$PWD
# What its packages would have done.
cp -rn /usr/lib/libreoffice/share/.registry/. /etc/libreoffice/registry
{ echo 'a,b,c'; for i in $(seq 50); do echo "$i,$((i * i)),=A$((i + 1))*B$((i + 1))"; done; echo ',,=SUM(C2:C51)'; } >table.csv
convert() { soffice --headless --norestore --convert-to "$1" --outdir "$2" "$3" >log 2>&1 || { tail -5 log; exit 1; }; }
mkdir one two
convert xlsx one table.csv
head -c 2 one/table.xlsx; echo
convert csv two one/table.xlsx
wc -l <two/table.csv
tail -2 two/table.csv
