/// The page's form. Everything in double braces is escaped; triple braces hold the style and figures,
/// which are ours.
enum PageTemplate {
  static let text = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{title}}</title>
    <style>
    {{{style}}}</style>
    </head>
    <body>
    <header>
    <h1>{{title}}</h1>
    <p class="question">{{question}}</p>
    <nav>{{#sections}}<a href="#{{id}}">{{title}}</a>
    {{/sections}}</nav>
    </header>
    <main>
    {{#hasProblem}}
    <p class="notice">{{problem}}</p>
    {{/hasProblem}}
    {{#sections}}
    <section id="{{id}}">
    <h2>{{title}}</h2>
    {{#blocks}}
    {{#isParagraph}}
    <p>{{text}}</p>
    {{/isParagraph}}
    {{#isNotice}}
    <p class="notice">{{text}}</p>
    {{/isNotice}}
    {{#isFiles}}
    <p>{{text}}{{#files}} <a href="{{name}}">{{name}}</a>{{/files}}</p>
    {{/isFiles}}
    {{#isHeading}}
    <h3>{{text}}</h3>
    {{/isHeading}}
    {{#isList}}
    <ul>
    {{#items}}
    <li>{{text}}</li>
    {{/items}}
    </ul>
    {{/isList}}
    {{#isTable}}
    {{#table}}
    <div class="table">
    <p class="caption" id="table-{{name}}">{{caption}}</p>
    {{#isFolded}}
    <details{{#isOpen}} open{{/isOpen}}>
    <summary>{{summary}}</summary>
    {{/isFolded}}
    <div class="scroll" tabindex="0" role="region" aria-labelledby="table-{{name}}">
    <table aria-labelledby="table-{{name}}">
    <thead><tr>{{#columns}}<th scope="col" class="{{class}}">{{title}}</th>{{/columns}}</tr></thead>
    {{#groups}}
    <tbody>
    {{#hasTitle}}
    <tr class="group"><th colspan="{{span}}" scope="rowgroup"><span>{{title}}</span></th></tr>
    {{/hasTitle}}
    {{#rows}}
    <tr><th scope="row">{{head}}</th>{{#cells}}<td class="{{class}}">\
    {{#hasOrigin}}<a href="#{{origin}}" title="{{lines}}">{{/hasOrigin}}{{#isBest}}<b>{{text}}</b>\
    {{/isBest}}{{#isTied}}<i>{{text}}</i>{{/isTied}}{{#isPlain}}{{text}}{{/isPlain}}\
    {{#hasOrigin}}</a>{{/hasOrigin}}</td>{{/cells}}</tr>
    {{/rows}}
    </tbody>
    {{/groups}}
    </table>
    </div>
    {{#hasNotes}}
    <ul class="notes">
    {{#notes}}
    <li>{{text}}</li>
    {{/notes}}
    </ul>
    {{/hasNotes}}
    {{#isFolded}}
    </details>
    {{/isFolded}}
    </div>
    {{/table}}
    {{/isTable}}
    {{#isFigures}}
    <div class="figures">
    {{#figures}}
    <figure>
    {{{svg}}}
    <figcaption>{{caption}}</figcaption>
    </figure>
    {{/figures}}
    </div>
    {{/isFigures}}
    {{/blocks}}
    </section>
    {{/sections}}
    </main>
    {{#panels}}
    <aside class="origin" id="{{id}}" aria-label="Where a number comes from">
    <a class="close" href="#closed">Close</a>
    <h3>{{title}}</h3>
    {{#parts}}
    <p>{{text}}</p>
    {{#curves}}
    <div class="curve">{{{svg}}}<span>{{caption}}</span></div>
    {{/curves}}
    <p class="key">Key <code>{{key}}</code>; where its artifacts are, <code>alphasweep logs {{short}}</code>\
     shows its log, <code>alphasweep why {{short}}</code> what made it.</p>
    {{/parts}}
    {{#hasRecipe}}
    <p class="key">{{recipe}}</p>
    {{/hasRecipe}}
    {{#shares}}
    <p><a href="#{{origin}}">{{text}}</a></p>
    {{/shares}}
    </aside>
    {{/panels}}
    </body>
    </html>

    """

  static let style = """
    :root {
      color-scheme: light dark;
      --ground: #ffffff; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de; --band: #f3f5f7;
      --link: #0a58a6; --notice: #fff4d6; --edge: #c98a00;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #14171a; --text: #e6e8ea; --quiet: #a3abb3; --line: #3a4148; --band: #20252a;
        --link: #7cb7f0; --notice: #3a2f12; --edge: #e0a526;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--ground);
      color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
    }
    h1 { margin: 0.5rem 0 0; font-size: 1.7rem; }
    h2 { margin: 2.5rem 0 0.75rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--line); }
    h3 { margin: 1.5rem 0 0.5rem; font-size: 1.05rem; }
    p, li { max-width: 48rem; }
    ul { padding-left: 1.25rem; }
    a { color: var(--link); }
    nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; font-size: 0.9rem; }
    .question { margin: 0.25rem 0 0.75rem; font-size: 1.15rem; }
    .notice { padding: 0.6rem 0.9rem; border-left: 4px solid var(--edge); background: var(--notice); }
    .table { margin: 1.25rem 0 2rem; }
    .scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
    .scroll:focus-visible { outline: 2px solid var(--link); }
    table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 0.88rem; }
    .caption { margin: 0 0 0.4rem; font-size: 0.92rem; font-weight: 600; }
    summary { margin: 0 0 0.4rem; color: var(--link); font-size: 0.92rem; cursor: pointer; }
    th, td { padding: 0.3rem 0.7rem; border-top: 1px solid var(--line); text-align: left;
      overflow-wrap: normal; }
    th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
    td, th[scope="row"] { white-space: nowrap; }
    thead th { border-top: 0; vertical-align: bottom; background: var(--band); }
    th[scope="row"], thead th:first-child {
      position: sticky; left: 0; min-width: 7.5rem; background: var(--ground); font-weight: 400;
      border-right: 1px solid var(--line);
    }
    thead th:first-child { background: var(--band); font-weight: 600; }
    .group th { background: var(--band); font-weight: 600; }
    .group span { position: sticky; left: 0.7rem; }
    td a { color: inherit; text-decoration: underline dotted var(--quiet); text-underline-offset: 0.2em; }
    .origin { display: none; }
    .origin:target {
      display: block; position: fixed; inset: auto 1rem 1rem; z-index: 1; max-width: 52rem;
      max-height: 75vh; margin: 0 auto; padding: 0.5rem 1.25rem; overflow-y: auto;
      background: var(--ground); border: 1px solid var(--quiet); border-radius: 8px;
      box-shadow: 0 0.5rem 2rem rgb(0 0 0 / 35%); font-size: 0.9rem;
    }
    .origin h3 { margin: 0.5rem 4rem 0.5rem 0; }
    .origin p { max-width: none; margin: 0.6rem 0 0.2rem; }
    .origin .key, .origin .curve { margin: 0 0 0.2rem; color: var(--quiet); font-size: 0.82rem; }
    .origin .curve svg { width: 15rem; height: 3.5rem; margin-right: 0.75rem; vertical-align: middle; }
    .origin polyline { fill: none; stroke: var(--link); stroke-width: 1.5; }
    .close { float: right; padding: 0.5rem 0; }
    .notes { margin: 0.5rem 0 0; color: var(--quiet); font-size: 0.85rem; }
    .figures {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr));
      gap: 1rem; margin: 1.25rem 0;
    }
    figure { margin: 0; padding: 0.5rem; border: 1px solid var(--line); border-radius: 6px;
      background: #ffffff; max-width: 34rem; }
    figure svg { display: block; width: 100%; height: auto; }
    figcaption { padding: 0.25rem 0.25rem 0; color: #45505a; font-size: 0.82rem; }
    @media (max-width: 30rem) {
      body { padding: 0.75rem; }
      th, td { padding: 0.3rem 0.5rem; }
      th[scope="row"] { white-space: normal; }
      h1 { font-size: 1.4rem; }
      h2 { font-size: 1.25rem; }
    }
    @media print {
      nav, .origin:target { display: none; }
      .scroll { overflow: visible; }
      details::details-content { content-visibility: visible; }
    }

    """
}
