/// The style sheet of a report, for phones, wide screens, dark mode and print.
enum ReportStyle {
  static let css: HTML = """
    :root{color-scheme:light dark;\
    --paper:#fdfcfa;--ink:#1d1c1a;--soft:#5c5953;--rule:#dedad2;--grid:#e9e6df;--tint:#f5f1e8;--accent:#a04008}
    @media screen and (prefers-color-scheme:dark){:root{\
    --paper:#161513;--ink:#ece8e0;--soft:#a9a398;--rule:#3b3833;--grid:#2c2a26;--tint:#22201c;--accent:#f2a65e}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
    body{margin:0;background:var(--paper);color:var(--ink);\
    font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;\
    font-variant-numeric:tabular-nums}
    main{max-width:66rem;margin:0 auto;padding:clamp(1.5rem,5vw,4rem) clamp(1rem,4vw,2.5rem)}
    h1,h2,h3{font-weight:650;line-height:1.2;letter-spacing:-.01em;text-wrap:balance;overflow-wrap:anywhere}
    h1{font-size:clamp(1.65rem,5vw,2.4rem);margin:0 0 .75rem}
    h2{font-size:1.3rem;margin:0 0 .4rem}
    h3{font-size:1rem;margin:1.75rem 0 .25rem}
    p{margin:.4rem 0 .8rem;max-width:44rem;overflow-wrap:anywhere}
    section{margin-top:2.75rem;padding-top:1.5rem;border-top:1px solid var(--rule)}
    .lead{font-size:1.08rem;color:var(--soft)}
    .eyebrow{margin:0 0 .5rem;color:var(--accent);font-size:.85rem;font-weight:650;letter-spacing:.04em}
    .note,figcaption,caption{color:var(--soft);font-size:.875rem}
    .warning{border-left:3px solid var(--accent);padding:.1rem 0 .1rem .9rem;font-weight:600}
    dl.best{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));\
    gap:1rem 2rem;margin:1.75rem 0 0}
    dl.best>div{border-top:2px solid var(--accent);padding-top:.6rem}
    dt{font-size:.9rem;color:var(--soft)}
    dd{margin:0}
    dd.big{font-size:1.7rem;font-weight:650;line-height:1.3;letter-spacing:-.02em}
    time{white-space:nowrap}
    .scroll{overflow-x:auto;min-width:0;margin:.9rem 0 0;padding-bottom:.3rem;background:\
    linear-gradient(to left,var(--paper) 40%,transparent) right/3rem 100% no-repeat local,\
    linear-gradient(to left,var(--rule),transparent) right/.9rem 100% no-repeat scroll}
    .scroll:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
    table{border-collapse:separate;border-spacing:0;width:100%;font-size:.9rem;line-height:1.35}
    table.narrow{width:auto}
    caption{text-align:left;padding:0 0 .4rem}
    caption span{position:sticky;left:0;display:inline-block;max-width:calc(100vw - 2rem)}
    caption b{color:var(--ink);font-weight:650}
    th,td{padding:.42rem .7rem;text-align:right;vertical-align:top;white-space:nowrap;\
    border-bottom:1px solid var(--grid)}
    th:first-child,td.text{text-align:left}
    th:first-child{padding-left:0;position:sticky;left:0;background:var(--paper)}
    th:last-child,td:last-child{padding-right:.2rem}
    td.text{white-space:normal;min-width:15rem;overflow-wrap:anywhere}
    span.text{display:block;text-align:left}
    thead th{font-weight:600;font-size:.82rem;color:var(--soft);border-bottom:1px solid var(--ink);\
    vertical-align:bottom}
    tbody th{font-weight:600}
    td strong{font-weight:700;color:var(--accent);border-bottom:2px solid}
    td small,th small{display:block;margin-top:.15rem;font-size:.78rem;font-weight:400;color:var(--soft)}
    td i{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    td strong{position:relative}
    .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));\
    gap:1.75rem 2.5rem;margin:1.1rem 0}
    figure{margin:0;min-width:0;max-width:34rem}
    figcaption{margin-bottom:.35rem}
    figcaption b{display:block;color:var(--ink);font-weight:650;font-size:.95rem}
    svg{display:block;width:100%;height:auto;overflow:visible;font-size:11.5px;fill:var(--ink)}
    .grid{stroke:var(--grid);stroke-width:1;fill:none}
    .base{stroke:var(--soft);stroke-width:1;fill:none}
    .diagonal{stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4;fill:none}
    .whisker,.curve{stroke:var(--ink);stroke-width:1.8;fill:none;stroke-linejoin:round}
    .first{stroke:var(--accent)}
    .dot{fill:var(--paper);stroke:var(--ink);stroke-width:1.8}
    .dot.first{fill:var(--accent);stroke:var(--accent)}
    .bubble{fill:var(--accent);fill-opacity:.3;stroke:var(--accent);stroke-width:1.3}
    .bar{fill:var(--soft)}
    .bar.first{fill:var(--accent)}
    svg .tick{fill:var(--soft);font-size:10.5px}
    svg .strong{font-weight:700}
    details{margin:.7rem 0}
    summary{cursor:pointer;color:var(--soft);font-size:.875rem;width:fit-content}
    pre{margin:.9rem 0;padding:.9rem 1rem;background:var(--tint);border:1px solid var(--rule);border-radius:6px;\
    white-space:pre-wrap;overflow-wrap:anywhere;font:.85rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
    footer{margin-top:2.75rem;color:var(--soft);font-size:.875rem}
    @media (max-width:30rem){th,td{padding:.42rem .45rem}pre{font-size:.76rem;padding:.8rem}}
    @page{size:A4 portrait;margin:15mm 14mm}
    @media print{:root{--paper:#fff;--ink:#000;--soft:#444;--rule:#999;--grid:#d5d5d5;--tint:#f4f4f4;--accent:#7a3000}
    html{font-size:9.5pt}
    body{line-height:1.4}
    main{max-width:none;padding:0}
    section{margin-top:1.6rem;padding-top:1rem;break-inside:avoid}
    section:first-of-type{break-inside:auto}
    h2,h3,h2+p,h3+p,figcaption{break-after:avoid}
    p,figure,table,pre,dl.best{break-inside:avoid}
    .bar{fill:#a3a3a3}
    .bar.first{fill:var(--accent)}
    .scroll{overflow:visible;background:none}
    p{max-width:none}
    table{font-size:8.2pt}
    thead th{font-size:7.8pt}
    td small,th small{font-size:7pt}
    th:first-child{position:static;background:none}
    caption span{max-width:none}
    th,td{padding:.28rem .34rem}
    td.text{min-width:0}
    .figures{grid-template-columns:1fr 1fr;gap:1.1rem 1.8rem}
    details{display:none}
    details.printed{display:block}
    details.printed::details-content{content-visibility:visible}
    summary{display:none}
    *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
    """
}
